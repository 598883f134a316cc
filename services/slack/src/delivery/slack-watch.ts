import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import { backoffMs } from '@powerbus/turns'
import type { Routing } from '../routing/route-event.ts'
import { invalid } from '../settings/invalid.ts'
import { checkKey, keyError } from '../slack/check-key.ts'
import { type Channel, findChannel, listChannels } from '../slack/directory.ts'
import { patiently } from '../slack/patiently.ts'
import { type OtherFailure, type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import type { Deliverer } from './deliverer.ts'
import type { SlackLink } from './delivery-context.ts'

/** How often the bot's conversations are listed anew, and how often while a channel is missing that it is to post to. */
const REFRESH_MS = 600_000
const MISSING_REFRESH_MS = 15_000
/** How long a config waits for Slack before it goes on without it. */
const BEGIN_MS = 45_000
const failurePauses = { firstMs: 1000, mostMs: 60_000, jitter: 0.5 }

export interface SlackWatchOptions {
  readonly deliverer: Deliverer
  readonly link: SlackLink
  readonly routing: Routing
  readonly log: Logger
}

/** A channel as an operator wrote it, and the first param and place that names it. */
interface NamedChannel {
  readonly name: string
  readonly at: string
}

/**
 * Asks Slack about the key and the bot's conversations: at a config, until it has answered once, and then every ten minutes, or every 15 s
 * while the bot is not in a channel that it is to post to.
 */
export class SlackWatch {
  readonly #options: SlackWatchOptions
  readonly #ending = new AbortController()
  readonly #named: readonly NamedChannel[]
  #absent: readonly NamedChannel[] = []

  constructor(options: SlackWatchOptions) {
    this.#options = options
    this.#named = namedChannels(options.routing)
  }

  /**
   * Begins delivery. Throws what makes all of Slack useless: AUTH_FAILED for a key that Slack refuses, PARAM_INVALID that names a missing
   * scope, or where there is no channel at all to post to; and StoreError. Where the bot is in some of the channels only, the others are logged.
   */
  async begin(signal: AbortSignal): Promise<void> {
    const { deliverer, link, log } = this.#options
    const failure = await this.#ask(AbortSignal.any([signal, this.#ending.signal, AbortSignal.timeout(BEGIN_MS)]))
    if (this.#halts(failure)) throw failure instanceof PowerbusError ? failure : keyError(failure)
    await deliverer.deliver(link)
    if (failure) {
      log.warn('Slack does not answer: events are kept, and delivered when it does', { reason: failure.reason })
      if (deliverer.directory) this.#noteAbsent(deliverer.directory)
    }
    void this.#goOn(failure ? 1 : 0)
    if (!failure) this.#assertSomewhere()
  }

  stop(): void {
    this.#ending.abort()
  }

  async #goOn(failuresBefore: number): Promise<void> {
    const { signal } = this.#ending
    const { deliverer, log } = this.#options
    for (let failures = failuresBefore; !signal.aborted; ) {
      const isComplete = this.#absent.length === 0 && this.#hasSomewhere()
      const refreshMs = isComplete ? REFRESH_MS : MISSING_REFRESH_MS
      const pauseMs = failures > 0 ? backoffMs(failurePauses, failures) : refreshMs
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted || deliverer.halted) return
      try {
        const failure = await this.#ask(signal)
        if (signal.aborted) return
        failures = failure ? failures + 1 : 0
        if (this.#halts(failure) && failure instanceof PowerbusError) {
          log.error('Slack does not accept the key', { error: failure.message })
        }
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.warn("the bot's channels cannot be stored", { error: String(error) })
      }
    }
  }

  /** Slack's failure, if there was one; a PowerbusError for a missing scope. Throws StoreError. */
  async #ask(signal: AbortSignal): Promise<SlackFailure | PowerbusError | undefined> {
    const { deliverer, link, log } = this.#options
    const call = <T>(request: () => Promise<T>) => patiently(request, signal)
    let channels: readonly Channel[]
    try {
      const bot = await checkKey(link.client, call)
      channels = await listChannels(link.client, call)
      log.debug('the bot is known', { bot: bot.name, team: bot.team, channels: channels.length })
    } catch (error) {
      return error instanceof PowerbusError ? error : slackFailure(error)
    }
    await deliverer.setDirectory(channels)
    this.#noteAbsent(channels)
    return undefined
  }

  /** Stops delivery where the failure will last. None of these calls is about one channel: a refused call is a refused key. */
  #halts(failure: SlackFailure | PowerbusError | undefined): failure is OtherFailure | PowerbusError {
    if (failure instanceof PowerbusError) this.#options.deliverer.halt({ kind: 'workspace', reason: 'missing_scope' })
    else if (failure?.kind === 'workspace' || failure?.kind === 'channel') this.#options.deliverer.halt(failure)
    else return false
    return true
  }

  #noteAbsent(present: readonly Channel[]): void {
    const { deliverer, log } = this.#options
    const absent = this.#named.filter(({ name }) => !findChannel(present, name))
    const known = new Set(this.#absent.map(({ name }) => name))
    for (const { name, at } of absent.filter((channel) => !known.has(channel.name))) {
      const text =
        'the bot is not in a channel that it is to post to: invite it there with /invite, or correct the name'
      log.error(`${text}; what is for it waits, see slackqueue`, { channel: name, param: at })
    }
    this.#absent = absent
    deliverer.absent = absent.map(({ name }) => name)
  }

  /** Whether anything can be posted, or nothing is to be. */
  #hasSomewhere(): boolean {
    const present = this.#options.deliverer.directory ?? []
    if (!this.#options.routing.channels) return present.length > 0
    return this.#named.length === 0 || this.#named.some(({ name }) => findChannel(present, name))
  }

  #assertSomewhere(): void {
    if (this.#hasSomewhere()) return
    const [first] = this.#absent
    if (!first) {
      throw invalid('slack/channels', undefined, 'channels: the bot is in none yet, invite it with /invite')
    }
    const count = this.#options.deliverer.directory?.length ?? 0
    const known = `one of the ${count} conversations that the bot is in: invite it there with /invite, or correct the name`
    throw invalid(first.at, first.name, known)
  }
}

/** Each channel once, by the first place that names it. */
function namedChannels({ channels = [], routes }: Routing): readonly NamedChannel[] {
  const named = [
    ...channels.map((name, index) => ({ name, at: `slack/channels[${index}]` })),
    ...routes.flatMap((route, index) =>
      (route.channels ?? []).map((name) => ({ name, at: `slack/routes[${index}].channel` })),
    ),
  ]
  return named.filter(({ name }, index) => named.findIndex((other) => other.name === name) === index)
}

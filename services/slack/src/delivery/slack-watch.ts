import { type Logger, paramInvalid } from '@powerbus/plugin-sdk'
import { backoffMs, type Clock, pause } from '@powerbus/turns'
import type { Routing } from '../routing/route-event.ts'
import { keyError, scopeFailure } from '../slack/check-key.ts'
import { type Channel, findChannel, listChannels } from '../slack/directory.ts'
import { patiently } from '../slack/patiently.ts'
import { type OtherFailure, type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import type { Deliverer } from './deliverer.ts'
import type { SlackLink } from './delivery-context.ts'

/**
 * Milliseconds between two listings of the bot's conversations; MISSING while the bot is not in a channel of the
 * params.
 */
const REFRESH_MS = 600_000
const MISSING_REFRESH_MS = 15_000
/** Longest wait of a config for Slack, in milliseconds; then it goes on without an answer. */
const BEGIN_MS = 45_000
const failurePauses = { firstMs: 1000, mostMs: 60_000, jitter: 0.5 }
const INVITE = 'invite it there with /invite, or correct the name'

export interface SlackWatchOptions {
  readonly deliverer: Deliverer
  readonly link: SlackLink
  readonly routing: Routing
  readonly log: Logger
  readonly clock: Clock
}

/** A channel as the operator wrote it, and the first place in the params that names it. */
interface NamedChannel {
  readonly name: string
  readonly at: string
}

/**
 * Checks the key and lists the bot's conversations: at a config, until Slack has answered once, then every 10 minutes,
 * or every 15 s while the bot is not in a channel of the params.
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
   * Starts delivery. Throws AUTH_FAILED for a key that Slack refuses, PARAM_INVALID for a missing scope or if the bot is
   * in none of the channels, and StoreError. If the bot is in some of the channels, the others are logged.
   */
  async begin(signal: AbortSignal): Promise<void> {
    const { deliverer, link, log } = this.#options
    const failure = await this.#ask(AbortSignal.any([signal, this.#ending.signal, AbortSignal.timeout(BEGIN_MS)]))
    if (this.#halts(failure)) throw keyError(failure)
    await deliverer.deliver(link)
    if (failure) {
      log.warn('Slack does not answer: events are kept until it does', { reason: failure.reason })
      this.#noteAbsent()
    }
    void this.#goOn(failure ? 1 : 0)
    if (!failure) this.#assertSomewhere()
  }

  stop(): void {
    this.#ending.abort()
  }

  async #goOn(failuresBefore: number): Promise<void> {
    const { signal } = this.#ending
    const { deliverer, log, clock } = this.#options
    for (let failures = failuresBefore; !signal.aborted; ) {
      const isComplete = this.#absent.length === 0 && this.#hasSomewhere()
      const refreshMs = isComplete ? REFRESH_MS : MISSING_REFRESH_MS
      await pause(failures > 0 ? backoffMs(failurePauses, failures) : refreshMs, signal, clock)
      if (signal.aborted || deliverer.halted) return
      try {
        const failure = await this.#ask(signal)
        if (signal.aborted) return
        failures = failure ? failures + 1 : 0
        this.#halts(failure)
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.warn("the bot's channels cannot be stored", { error: String(error) })
      }
    }
  }

  /** The failure of the calls; undefined if Slack answered. Throws StoreError. */
  async #ask(signal: AbortSignal): Promise<SlackFailure | undefined> {
    const { deliverer, link, log, clock } = this.#options
    const call = <T>(request: () => Promise<T>) => patiently(request, signal, clock)
    let channels: readonly Channel[]
    try {
      const { user: name, team, response_metadata: about } = await call(() => link.client.auth.test())
      const failure = scopeFailure(about?.scopes)
      if (failure) return failure
      channels = await listChannels(link.client, call)
      log.debug('Slack knows the bot', { name, team, channels: channels.length })
    } catch (error) {
      return slackFailure(error)
    }
    await deliverer.setDirectory(channels)
    this.#noteAbsent()
    return undefined
  }

  /**
   * Stops delivery if the failure will last. No call of `#ask` is about one channel, so a refused call is a refused
   * key.
   */
  #halts(failure: SlackFailure | undefined): failure is OtherFailure {
    if (failure?.kind !== 'workspace' && failure?.kind !== 'channel') return false
    this.#options.deliverer.halt(failure)
    return true
  }

  /** Logs the channels of the params that the bot is not in, each once. */
  #noteAbsent(): void {
    const { deliverer, log } = this.#options
    const { directory } = deliverer
    const absent = directory ? this.#named.filter(({ name }) => !findChannel(directory, name)) : []
    for (const { name, at } of absent.filter((channel) => !this.#absent.includes(channel))) {
      const text = `the bot is not in a channel of the params: ${INVITE}; its events wait, slackqueue lists them`
      log.error(text, { channel: name, param: at })
    }
    this.#absent = absent
    deliverer.absent = absent.map(({ name }) => name)
  }

  /** Whether a channel can be posted to, or none is to be. */
  #hasSomewhere(): boolean {
    if (!this.#options.routing.channels) return (this.#options.deliverer.directory ?? []).length > 0
    return this.#named.length === 0 || this.#absent.length < this.#named.length
  }

  #assertSomewhere(): void {
    if (this.#hasSomewhere()) return
    const [first] = this.#absent
    if (!first) {
      throw paramInvalid('slack/channels', undefined, 'channels: the bot is in none yet, invite it with /invite')
    }
    const count = this.#options.deliverer.directory?.length ?? 0
    throw paramInvalid(first.at, first.name, `one of the ${count} conversations that the bot is in: ${INVITE}`)
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

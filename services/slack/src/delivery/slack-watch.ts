import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import type { Routing } from '../routing/route-event.ts'
import { invalid } from '../settings/invalid.ts'
import { checkKey, keyError } from '../slack/check-key.ts'
import { type Channel, listChannels } from '../slack/directory.ts'
import { patiently } from '../slack/patiently.ts'
import { type OtherFailure, type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import { absentChannels, hasSomewhere, type NamedChannel } from './absent-channels.ts'
import { backoffMs } from './backoff.ts'
import type { Deliverer } from './deliverer.ts'
import type { SlackLink } from './delivery-context.ts'

/** How often the bot's conversations are listed anew, and how often while a channel is missing that it is to post to. */
const REFRESH_MS = 600_000
const MISSING_REFRESH_MS = 15_000
/** How long a config waits for Slack before it goes on without it. */
const BEGIN_MS = 45_000

export interface SlackWatchOptions {
  readonly deliverer: Deliverer
  readonly link: SlackLink
  readonly routing: Routing
  readonly log: Logger
}

/**
 * Asks Slack about the key and the bot's conversations: at a config, until it has answered once, and then every ten minutes, or every 15 s
 * while the bot is not in a channel that it is to post to.
 */
export class SlackWatch {
  readonly #options: SlackWatchOptions
  readonly #ending = new AbortController()
  /** Channels whose absence has been told. */
  #told: readonly NamedChannel[] = []

  constructor(options: SlackWatchOptions) {
    this.#options = options
  }

  /**
   * Delivery begins. Throws what makes all of Slack useless: AUTH_FAILED for a key that is no good, PARAM_INVALID that names a scope that it
   * lacks, or where there is no channel at all to post to; and StoreError. Where the bot is in some of the channels only, the others are told of.
   */
  async begin(signal: AbortSignal): Promise<void> {
    const { deliverer, link, log, routing } = this.#options
    const limit = AbortSignal.any([signal, this.#ending.signal, AbortSignal.timeout(BEGIN_MS)])
    const failure = await this.#ask(limit)
    const isLasting = failure instanceof PowerbusError || (failure && isOfKey(failure))
    if (isLasting) {
      const halted: OtherFailure = failure instanceof PowerbusError ? lacks : failure
      deliverer.halt(halted)
      throw failure instanceof PowerbusError ? failure : keyError(halted)
    }
    await deliverer.deliver(link)
    if (failure) {
      log.warn('Slack does not answer: events are kept, and delivered when it does', { reason: failure.reason })
      if (deliverer.directory) this.#tellAbsent(absentChannels(routing, deliverer.directory))
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
      const pauseMs = failures > 0 ? backoffMs(failures) : this.#isComplete() ? REFRESH_MS : MISSING_REFRESH_MS
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted || deliverer.halted) return
      try {
        const failure = await this.#ask(signal)
        if (signal.aborted) return
        failures = failure ? failures + 1 : 0
        if (failure instanceof PowerbusError) {
          log.error('Slack does not accept the key', { error: failure.message })
          deliverer.halt(lacks)
        } else if (failure && isOfKey(failure)) deliverer.halt(failure)
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.warn('what the bot is in cannot be kept', { error: String(error) })
      }
    }
  }

  /** What went wrong with Slack, if something did. Throws StoreError. */
  async #ask(signal: AbortSignal): Promise<SlackFailure | PowerbusError | undefined> {
    const { deliverer, link, log, routing } = this.#options
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
    this.#tellAbsent(absentChannels(routing, channels))
    return undefined
  }

  #tellAbsent(absent: readonly NamedChannel[]): void {
    const { deliverer, log } = this.#options
    const known = new Set(this.#told.map(({ name }) => name))
    for (const { name, at } of absent.filter((channel) => !known.has(channel.name))) {
      const text =
        'the bot is not in a channel that it is to post to: invite it there with /invite, or correct the name'
      log.error(`${text}; what is for it waits, see slackqueue`, { channel: name, param: at })
    }
    this.#told = absent
    deliverer.absent = absent.map(({ name }) => name)
  }

  #isComplete(): boolean {
    const { deliverer, routing } = this.#options
    return deliverer.absent.length === 0 && hasSomewhere(routing, deliverer.directory ?? [])
  }

  #assertSomewhere(): void {
    const { deliverer, routing } = this.#options
    const channels = deliverer.directory ?? []
    if (hasSomewhere(routing, channels)) return
    const [first] = absentChannels(routing, channels)
    if (!first) {
      throw invalid('slack/channels', undefined, 'channels: the bot is in none yet, invite it with /invite')
    }
    const known = `one of the ${channels.length} conversations that the bot is in: invite it there with /invite, or correct the name`
    throw invalid(first.at, first.name, known)
  }
}

/** A scope that the key lacks is found before anything fails. */
const lacks: OtherFailure = { kind: 'workspace', reason: 'missing_scope' }

/** None of the calls here is about one channel: what refuses one refuses the key. */
function isOfKey(failure: SlackFailure): failure is OtherFailure {
  return failure.kind === 'workspace' || failure.kind === 'channel'
}

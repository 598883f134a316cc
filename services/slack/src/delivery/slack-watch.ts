import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import type { Routing } from '../routing/route-event.ts'
import { invalid } from '../settings/invalid.ts'
import { checkKey, keyError } from '../slack/check-key.ts'
import { findChannel, listChannels } from '../slack/directory.ts'
import { patiently } from '../slack/patiently.ts'
import { type OtherFailure, type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import { backoffMs } from './backoff.ts'
import type { Deliverer } from './deliverer.ts'
import type { SlackLink } from './delivery-context.ts'

/** How often the bot's conversations are listed anew. */
const REFRESH_MS = 600_000
/** How long a config waits for Slack before it goes on without it. */
const BEGIN_MS = 45_000

export interface SlackWatchOptions {
  readonly deliverer: Deliverer
  readonly link: SlackLink
  readonly routing: Routing
  readonly log: Logger
}

/** Asks Slack about the key and the bot's conversations: at a config, until it has answered once, and then every ten minutes. */
export class SlackWatch {
  readonly #options: SlackWatchOptions
  readonly #ending = new AbortController()

  constructor(options: SlackWatchOptions) {
    this.#options = options
  }

  /**
   * Delivery begins. Throws AUTH_FAILED for a key that is no good, and PARAM_INVALID that names a scope that it lacks or a channel that
   * the bot is not in; messages to the other channels are delivered all the same.
   */
  async begin(signal: AbortSignal): Promise<void> {
    const { deliverer, link, log } = this.#options
    const limit = AbortSignal.any([signal, this.#ending.signal, AbortSignal.timeout(BEGIN_MS)])
    const failure = await this.#ask(limit)
    const isLasting = failure instanceof PowerbusError || (failure && isOfKey(failure))
    if (isLasting) {
      const halted: OtherFailure = failure instanceof PowerbusError ? lacks : failure
      deliverer.halt(halted)
      throw failure instanceof PowerbusError ? failure : keyError(halted)
    }
    await deliverer.deliver(link)
    if (failure)
      log.warn('Slack does not answer: events are kept, and delivered when it does', { reason: failure.reason })
    void this.#goOn(failure ? 1 : 0)
    if (!failure) this.#checkChannels()
  }

  stop(): void {
    this.#ending.abort()
  }

  async #goOn(failuresBefore: number): Promise<void> {
    const { signal } = this.#ending
    const { deliverer, log } = this.#options
    for (let failures = failuresBefore; !signal.aborted; ) {
      const pauseMs = failures === 0 ? REFRESH_MS : backoffMs(failures)
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted || deliverer.halted) return
      const failure = await this.#ask(signal)
      if (signal.aborted) return
      failures = failure ? failures + 1 : 0
      if (failure instanceof PowerbusError) {
        log.error('Slack does not accept the key', { error: failure.message })
        deliverer.halt(lacks)
      } else if (failure && isOfKey(failure)) deliverer.halt(failure)
    }
  }

  /** What went wrong, if something did. */
  async #ask(signal: AbortSignal): Promise<SlackFailure | PowerbusError | undefined> {
    const { deliverer, link, log } = this.#options
    const call = <T>(request: () => Promise<T>) => patiently(request, signal)
    try {
      const bot = await checkKey(link.client, call)
      const channels = await listChannels(link.client, call)
      log.debug('the bot is known', { bot: bot.name, team: bot.team, channels: channels.length })
      await deliverer.setDirectory(channels)
      return undefined
    } catch (error) {
      return error instanceof PowerbusError ? error : slackFailure(error)
    }
  }

  #checkChannels(): void {
    const channels = this.#options.deliverer.directory ?? []
    const { routing } = this.#options
    const known = `one of the ${channels.length} conversations that the bot is in: invite it there with /invite, or correct the name`
    const check = (name: string, at: string) => {
      if (!findChannel(channels, name)) throw invalid(at, name, known)
    }
    for (const [index, name] of (routing.channels ?? []).entries()) check(name, `slack/channels[${index}]`)
    for (const [index, route] of routing.routes.entries()) {
      for (const name of route.channels ?? []) check(name, `slack/routes[${index}].channel`)
    }
    if (!routing.channels && channels.length === 0) {
      throw invalid('slack/channels', undefined, 'channels: the bot is in none yet, invite it with /invite')
    }
  }
}

/** A scope that the key lacks is found before anything fails. */
const lacks: OtherFailure = { kind: 'workspace', reason: 'missing_scope' }

function isOfKey(failure: SlackFailure): failure is OtherFailure {
  return failure.kind === 'workspace'
}

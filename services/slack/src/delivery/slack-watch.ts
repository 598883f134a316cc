import { type Logger, paramInvalid } from '@powerbus/plugin-sdk'
import { backoffMs, type Clock, pause } from '@powerbus/turns'
import type { Routing } from '../routing/route-event.ts'
import { keyError, scopeFailure } from '../slack/check-key.ts'
import { type Channel, listChannels } from '../slack/directory.ts'
import { patiently } from '../slack/patiently.ts'
import { isReachable, reachChannel } from '../slack/reach-channel.ts'
import { type OtherFailure, type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import type { Deliverer } from './deliverer.ts'
import type { SlackLink } from './delivery-context.ts'
import { Waker } from './waker.ts'

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
const ABSENT = `the bot is not in this channel: ${INVITE}`

export interface SlackWatchOptions {
  readonly deliverer: Deliverer
  readonly link: SlackLink
  readonly routing: Routing
  readonly log: Logger
  readonly clock: Clock
}

type Call = <T>(request: () => Promise<T>) => Promise<T>

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
  readonly #waker: Waker
  #absent: readonly NamedChannel[] = []
  /** Names of `deliverer.unknown` that are in the log. */
  readonly #logged = new Set<string>()

  constructor(options: SlackWatchOptions) {
    this.#options = options
    this.#named = namedChannels(options.routing)
    this.#waker = new Waker(options.clock)
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
    deliverer.onUnknown = () => this.#waker.wake()
    void this.#goOn(failure ? 1 : 0)
    if (!failure) this.#assertSomewhere()
  }

  stop(): void {
    this.#ending.abort()
    this.#waker.wake()
  }

  async #goOn(failuresBefore: number): Promise<void> {
    const { signal } = this.#ending
    const { deliverer, log, clock } = this.#options
    for (let failures = failuresBefore; !signal.aborted; ) {
      const isComplete = this.#absent.length + deliverer.unknown.size === 0 && this.#hasSomewhere()
      const refreshMs = isComplete ? REFRESH_MS : MISSING_REFRESH_MS
      if (failures > 0) await pause(backoffMs(failurePauses, failures), signal, clock)
      else await this.#waker.wait(clock.dateMs() + refreshMs)
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
    const call: Call = (request) => patiently(request, signal, clock)
    let channels: readonly Channel[]
    let scopes: readonly string[] | undefined
    try {
      const { user: name, team, response_metadata: about } = await call(() => link.client.auth.test())
      scopes = about?.scopes
      const failure = scopeFailure(scopes)
      if (failure) return failure
      channels = await listChannels(link.client, call)
      log.debug('Slack knows the bot', { name, team, channels: channels.length })
    } catch (error) {
      return slackFailure(error)
    }
    await deliverer.setDirectory(channels)
    const failure = await this.#reach(scopes, call)
    this.#noteAbsent()
    return failure
  }

  /** Finds the conversations that are named, but are not among the bot's. */
  async #reach(scopes: readonly string[] | undefined, call: Call): Promise<SlackFailure | undefined> {
    const { deliverer, link } = this.#options
    for (const wanted of new Set([...this.#named.map(({ name }) => name), ...deliverer.unknown])) {
      if (deliverer.find(wanted)) continue
      const found = isReachable(wanted) ? await reachChannel(link.client, wanted, scopes, call) : { reason: ABSENT }
      if ('failure' in found) return found.failure
      if ('reason' in found) deliverer.reasons.set(wanted, found.reason)
      else await deliverer.addReached(found.channel)
    }
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
    const absent = deliverer.directory ? this.#named.filter(({ name }) => !deliverer.find(name)) : []
    const asked = [...deliverer.unknown].filter((name) => !this.#logged.has(name))
    const fromRoutes = asked.map((name) => ({ name, at: 'a channel template of slack/routes' }))
    const news = [...absent.filter((channel) => !this.#absent.includes(channel)), ...fromRoutes]
    for (const { name, at } of news.filter((one, index) => news.findIndex((it) => it.name === one.name) === index)) {
      this.#logged.add(name)
      const text = 'the bot cannot post to a channel; its events wait, slackqueue lists them'
      log.error(text, { channel: name, param: at, reason: deliverer.reasons.get(name) ?? ABSENT })
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
    const reason = this.#options.deliverer.reasons.get(first.name) ?? ABSENT
    throw paramInvalid(first.at, first.name, `one of the ${count} conversations that the bot is in; ${reason}`)
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

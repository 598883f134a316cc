import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import { systemClock } from '@powerbus/turns'
import type { SubscribeOptions } from '../bus.ts'
import { BusError } from '../bus-error.ts'
import { consumerNameOf, type Durable, isDeserted, isReplaced } from './durable-note.ts'
import type { Durables } from './durables.ts'
import { isForbidden } from './forbidden.ts'
import { EVENTS_STREAM } from './nats-names.ts'

export interface StandingWorld {
  readonly manager: JetStreamManager
  readonly durables: Durables
  readonly onNotice: (message: string) => void
  /** Aborted when the subscription is stopped. */
  readonly signal: AbortSignal
}

/** What there is to read from. */
export interface Look {
  /** The consumer of the subscription's patterns; undefined while others are in charge and it has none. */
  readonly own: Durable | undefined
  /** Names of replaced consumers that have given out events which nobody has ended. */
  readonly open: readonly string[]
  /** At the first look. */
  readonly stream?: StreamState
}

const ALIVE_MS = 30_000
const NS_PER_MS = 1_000_000
/** In units of `aliveMs`: whoever forgets a name has so long to stop its other subscriptions too. */
const FORGOTTEN_FOR = 1 / 6
/** Replaced consumers that a member looks after: the newest ones. */
const LOOKED_AFTER = 4

/** How one subscription stands with the consumers of its durable name: it finds its own, and makes it where that is needed and allowed. */
export class DurableStanding {
  /** Of the consumer for its patterns. */
  readonly name: string
  readonly #options: SubscribeOptions
  readonly #world: StandingWorld
  #aliveMs: number
  #standsBy = false
  /** Nobody was at the consumer in charge at the last look. */
  #isDeserted = false
  /** When the stream was made, once it is known: another one has none of the events of this one. */
  #streamCreated: string | undefined
  /** The last event that was given out to anybody, as far as is known here. */
  #last = 0

  constructor(options: SubscribeOptions, world: StandingWorld) {
    this.name = consumerNameOf(options.durable, options.match)
    this.#options = options
    this.#world = world
    this.#aliveMs = options.aliveMs ?? ALIVE_MS
  }

  /** Time to acknowledge, as whoever made the consumer decided. */
  get aliveMs(): number {
    return this.#aliveMs
  }

  /** Other patterns are in charge. */
  get standsBy(): boolean {
    return this.#standsBy
  }

  saw(sequence: number): void {
    this.#last = Math.max(this.#last, sequence)
  }

  /** Rejects with UNAVAILABLE where the consumer is missing and this user may not make it. */
  async look(): Promise<Look> {
    let own = await this.#world.durables.find(this.#options.durable, this.name)
    const before = await this.#replacedBy(own)
    if (!own || isReplaced(own) || before.length > 0) own = await this.#provided(own)
    if (own) {
      this.saw(own.info.delivered.stream_seq)
      this.#aliveMs = (own.info.config.ack_wait ?? this.#aliveMs * NS_PER_MS) / NS_PER_MS
    }
    const open = before.filter(({ info }) => info.num_ack_pending > 0).map(({ name }) => name)
    if (this.#streamCreated !== undefined) return { own, open }
    const { created, state } = await this.#world.manager.streams.info(EVENTS_STREAM)
    this.#streamCreated = created
    return { own, open, stream: state }
  }

  async #replacedBy(own: Durable | undefined): Promise<Durable[]> {
    const { durables } = this.#world
    const names = own && !isReplaced(own) ? own.note.after.slice(0, LOOKED_AFTER) : []
    const found = await Promise.all(names.map((name) => durables.replacedOne(this.#options.durable, name)))
    return found.filter((one) => one !== undefined)
  }

  async #provided(own: Durable | undefined): Promise<Durable | undefined> {
    if (!this.#world.durables.mayProvide) return own ?? this.#isMissing()
    const { durable, match } = this.#options
    const begin = own ? undefined : await this.#begin()
    try {
      const request = { durable, match, aliveMs: this.#aliveMs, takesBack: this.#isDeserted }
      const provided = await this.#world.durables.provide({ ...request, ...(begin !== undefined && { begin }) })
      this.#standBy(provided.other)
      return provided.own
    } catch (error) {
      if (!isForbidden(error)) throw error
      return own ?? this.#isMissing()
    }
  }

  /**
   * Where to begin with a consumer that is gone: after the last event that was seen here, or, where the stream is another one,
   * at its beginning.
   */
  async #begin(): Promise<number | undefined> {
    if (this.#streamCreated === undefined) return undefined
    const { created } = await this.#world.manager.streams.info(EVENTS_STREAM)
    if (created === this.#streamCreated) {
      await systemClock.sleep(this.#aliveMs * FORGOTTEN_FOR, this.#world.signal)
    } else {
      this.#streamCreated = created
      this.#last = 0
    }
    return this.#last + 1
  }

  #standBy(other: Durable | undefined): void {
    this.#isDeserted = other !== undefined && isDeserted(other)
    const standsBy = other !== undefined
    if (standsBy && !this.#standsBy) {
      const text = 'newer patterns are in charge; this subscription finishes what it was given and stands by'
      this.#world.onNotice(`${this.#options.durable}: ${text}`)
    }
    this.#standsBy = standsBy
  }

  #isMissing(): never {
    const text = `${this.#options.durable} has no consumer ${this.name}, and this user may not make it`
    throw new BusError('UNAVAILABLE', `${text}: run powerbus bus setup, or start an endpoint`)
  }
}

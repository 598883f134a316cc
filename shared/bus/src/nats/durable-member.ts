import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { pause, systemClock } from '@powerbus/turns'
import type { DeadLetter, EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEvent } from '../bus-event.ts'
import type { SubscriptionFigures } from '../bus-figures.ts'
import { HandlerLanes } from '../delivery/handler-lanes.ts'
import { coverOf, matches } from '../event-pattern.ts'
import { consumerNameOf, type Durable, isDeserted, isReplaced } from './durable-note.ts'
import type { Durables } from './durables.ts'
import { isForbidden } from './forbidden.ts'
import { ACKNOWLEDGE, HeldEvent, type HeldWorld, TERMINATE } from './held-event.ts'
import { EVENTS_STREAM, ONLY } from './nats-names.ts'
import { PullSource } from './pull-source.ts'
import { StreamLosses } from './stream-losses.ts'

export interface MemberWorld {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly durables: Durables
  /** `message` is its number in the stream of events. */
  readonly bury: (durable: string, letter: DeadLetter, message: number) => Promise<void>
  readonly onNotice: (message: string) => void
  /** The stream has let go of so many events that the name was not given. */
  readonly onLost: (durable: string, count: number) => void
  /** Waits until the server is there. */
  readonly connected: (signal: AbortSignal) => Promise<void>
  /** The work's result, or a rejection as soon as the connection is gone: its answer would not come. */
  readonly unlessCut: <T>(work: Promise<T>) => Promise<T>
}

const ALIVE_MS = 30_000
const NS_PER_MS = 1_000_000
const FAILURE_PAUSE_MS = 250
/** In units of `aliveMs`: whoever forgets a name has so long to stop its other subscriptions too. */
const FORGOTTEN_FOR = 1 / 6
/** Replaced consumers that a member looks after: the newest ones. */
const LOOKED_AFTER = 4
/** Asked of a replaced consumer at a time. */
const REPLACED_BATCH = 16
/** Room that is worth a request of its own. */
const ROOM_MIN = 64

/**
 * One subscription of a durable name. It asks the consumer of its patterns for as many events as there is room for, and those
 * consumers that it has replaced for what they gave out and nobody has ended. Every `aliveMs` it looks whether that is
 * still right.
 */
export class DurableMember {
  readonly #options: SubscribeOptions
  readonly #world: MemberWorld
  /** Of the consumer for its patterns. */
  readonly #name: string
  readonly #inFlight: number
  readonly #lanes: HandlerLanes
  readonly #losses: StreamLosses
  readonly #heldWorld: HeldWorld
  readonly #held = new Map<string, HeldEvent>()
  /** By the name of their consumer. */
  readonly #sources = new Map<string, PullSource>()
  readonly #stopping = new AbortController()
  #aliveMs: number
  #working: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Set while it waits for the next look. */
  #onFailure: ((error: unknown) => void) | undefined
  #mayProvide = true
  #standsBy = false
  /** Nobody was at the consumer in charge at the last look. */
  #isDeserted = false
  /** When the stream was made, once it is known: another one has none of the events of this one. */
  #streamCreated: string | undefined
  /** The last event that was given out to anybody, as far as is known here. */
  #last = 0
  #lag = 0

  private constructor(options: SubscribeOptions, handler: EventHandler, world: MemberWorld) {
    const { durable, match, inFlight = 1000, aliveMs = ALIVE_MS } = options
    const { Type, Action, Key } = coverOf(match)
    this.#options = options
    this.#world = world
    this.#name = consumerNameOf(durable, match)
    this.#inFlight = inFlight
    this.#lanes = new HandlerLanes(options, handler, () => this.#ask())
    this.#losses = new StreamLosses(Type === '*' && Action === '*' && Key === '*')
    this.#aliveMs = aliveMs
    this.#heldWorld = {
      bury: (letter, message) => world.bury(durable, letter, message),
      onEnd: (held) => {
        if (this.#held.get(held.event.id) === held) this.#held.delete(held.event.id)
      },
      isClosed: () => world.connection.isClosed(),
    }
  }

  /** Rejects with UNAVAILABLE where the consumer is missing and this user may not make it. */
  static async open(options: SubscribeOptions, handler: EventHandler, world: MemberWorld): Promise<DurableMember> {
    const member = new DurableMember(options, handler, world)
    await member.#look()
    member.#working = setInterval(() => member.#saysWorking(), member.#aliveMs / 3).unref()
    member.#running = member.#run()
    return member
  }

  /** Asks the server for the lag; the last one known where `unlessLate` gives nothing. */
  async figures(
    stream: StreamState | undefined,
    unlessLate: <T>(work: Promise<T>) => Promise<T | undefined>,
  ): Promise<SubscriptionFigures> {
    const { durable } = this.#options
    const own = stream && (await unlessLate(this.#world.durables.find(durable, this.#name)))
    if (own && stream) {
      this.#lag = own.info.num_pending
      this.#countLosses(own, stream)
    }
    return { durable, lag: this.#lag, ...this.#lanes.figures }
  }

  async stop(options: StopOptions): Promise<void> {
    this.#stopping.abort()
    const stopped = this.#lanes.stop(options)
    // What still comes is given back.
    await Promise.all([...this.#sources.values()].map((source) => source.drain()))
    // Until it is asked, nats-server 2.9.10 takes a subscriber that is gone for one that waits for events.
    this.#world.durables.find(this.#options.durable, this.#name).catch(() => undefined)
    await stopped
    clearInterval(this.#working)
    this.#onFailure?.(new BusError('CLOSED', 'the subscription is stopped'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { connected, unlessCut, onNotice } = this.#world
    let said = ''
    while (!signal.aborted) {
      try {
        await unlessCut(this.#untilNextLook())
        await connected(signal)
        await unlessCut(this.#look())
        said = ''
      } catch (error) {
        if (signal.aborted) return
        const text = `${this.#options.durable} cannot read from the bus: ${messageOf(error)}`
        if (text !== said) onNotice(text)
        said = text
        for (const name of [...this.#sources.keys()]) this.#drop(name)
        await pause(FAILURE_PAUSE_MS, signal)
      }
    }
  }

  /** Rejects when a source fails; at once where there is none. */
  async #untilNextLook(): Promise<void> {
    if (this.#sources.size === 0 && !this.#standsBy) return
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onFailure = reject
        timer = setTimeout(resolve, this.#aliveMs).unref()
      })
    } finally {
      clearTimeout(timer)
      this.#onFailure = undefined
    }
  }

  /** Finds the consumers to read from, and makes and replaces them where that is needed and allowed. */
  async #look(): Promise<void> {
    const { durables } = this.#world
    const { durable } = this.#options
    let own = await durables.find(durable, this.#name)
    const before = await this.#replacedBy(own)
    if (!own || isReplaced(own) || before.length > 0) own = await this.#provided(own)
    if (this.#streamCreated === undefined) await this.#lookAtStream(own)
    if (own) this.#last = Math.max(this.#last, own.info.delivered.stream_seq)
    const open = before.filter(({ info }) => info.num_ack_pending > 0).map(({ name }) => name)
    const wanted = new Set(own ? [own.name, ...open] : open)
    for (const name of [...this.#sources.keys()]) if (!wanted.has(name)) this.#drop(name)
    for (const name of wanted) if (!this.#sources.has(name)) this.#sources.set(name, this.#sourceOf(name))
    this.#ask()
  }

  async #replacedBy(own: Durable | undefined): Promise<Durable[]> {
    const { durables } = this.#world
    const names = own && !isReplaced(own) ? own.note.after.slice(0, LOOKED_AFTER) : []
    const found = await Promise.all(names.map((name) => durables.find(this.#options.durable, name)))
    return found.filter((one) => one !== undefined)
  }

  async #provided(own: Durable | undefined): Promise<Durable | undefined> {
    if (!this.#mayProvide) return own ?? this.#isMissing()
    const { durable, match } = this.#options
    const begin = own ? undefined : await this.#begin()
    try {
      const request = { durable, match, aliveMs: this.#aliveMs, takesBack: this.#isDeserted }
      const provided = await this.#world.durables.provide({ ...request, ...(begin !== undefined && { begin }) })
      this.#standBy(provided.other)
      return provided.own
    } catch (error) {
      if (!isForbidden(error)) throw error
      this.#mayProvide = false
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
      await systemClock.sleep(this.#aliveMs * FORGOTTEN_FOR, this.#stopping.signal)
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
    const text = `${this.#options.durable} has no consumer ${this.#name}, and this user may not make it`
    throw new BusError('UNAVAILABLE', `${text}: run powerbus bus setup, or start an endpoint`)
  }

  async #lookAtStream(own: Durable | undefined): Promise<void> {
    const { created, state } = await this.#world.manager.streams.info(EVENTS_STREAM)
    this.#streamCreated = created
    if (!own) return
    // Who made it decided.
    this.#aliveMs = (own.info.config.ack_wait ?? this.#aliveMs * NS_PER_MS) / NS_PER_MS
    this.#countLosses(own, state)
  }

  #countLosses(own: Durable, stream: StreamState): void {
    const lost = this.#losses.next(own.info, stream)
    if (lost > 0) this.#world.onLost(this.#options.durable, lost)
  }

  #sourceOf(name: string): PullSource {
    return new PullSource(this.#world.connection, name, {
      onMessage: (message) => this.#take(message),
      onOver: () => this.#ask(),
      onFailure: (error) => {
        this.#drop(name)
        this.#onFailure?.(error)
      },
    })
  }

  #drop(name: string): void {
    const source = this.#sources.get(name)
    this.#sources.delete(name)
    source?.drain().catch(() => undefined)
  }

  #ask(): void {
    if (this.#stopping.signal.aborted) return
    let asked = 0
    for (const source of this.#sources.values()) asked += source.asked
    let room = this.#inFlight - this.#lanes.held - asked
    for (const [name, source] of this.#sources) {
      if (room <= 0) return
      const isOwn = name === this.#name
      if (source.asked > 0 && !(isOwn && room >= ROOM_MIN)) continue
      const batch = isOwn ? room : Math.min(room, REPLACED_BATCH)
      source.ask(batch)
      room -= batch
    }
  }

  #take(message: Msg): void {
    let event: BusEvent
    try {
      event = decodeEvent(message.string())
    } catch (error) {
      this.#world.onNotice(`something that is no event was on ${message.subject}: ${messageOf(error)}`)
      message.respond(TERMINATE)
      return
    }
    const { durable, match } = this.#options
    const held = new HeldEvent(event, message, this.#heldWorld)
    this.#last = Math.max(this.#last, held.sequence)
    const only = message.headers?.get(ONLY) ?? ''
    // The server's filter is one subject, and lets more through than the patterns.
    if (only === '' ? matches(match, event) : only === durable) {
      this.#held.set(event.id, held)
      this.#lanes.offer(held)
    } else message.respond(ACKNOWLEDGE)
  }

  #saysWorking(): void {
    for (const held of this.#held.values()) held.saysWorking()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import type { DeadLetter, EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import { messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEvent } from '../bus-event.ts'
import type { SubscriptionFigures } from '../bus-figures.ts'
import { Dispatcher, SUSPECT_DELIVERIES } from '../delivery/dispatcher.ts'
import { matches } from '../event-pattern.ts'
import { ACKNOWLEDGE, giveBackFor, TERMINATE, WORKING } from './answers.ts'
import { FOREIGN_MAX, ForeignEvents } from './foreign-events.ts'
import { ONLY, REQUEST_ID } from './nats-names.ts'
import { deliveryOf, PullSource } from './pull-source.ts'
import { StreamConsumer } from './stream-consumer.ts'

export interface SubscriptionWorld {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  /** `message` is its number in the stream of events. */
  readonly bury: (durable: string, letter: DeadLetter, message: number) => Promise<void>
  readonly onNotice: (message: string) => void
  /** The stream has let go of so many events that it was not given. */
  readonly onLost: (durable: string, count: number) => void
  /** Waits until the server is there. */
  readonly connected: (signal: AbortSignal) => Promise<void>
  /** The work's result, or a rejection as soon as the connection is gone: its answer would not come. */
  readonly unlessCut: <T>(work: Promise<T>) => Promise<T>
}

/** The work's result, or undefined where it takes too long or fails. */
type Unless = <T>(work: Promise<T>) => Promise<T | undefined>

const ALIVE_MS = 30_000
const BATCH_MAX = 256
const FAILURE_PAUSE_MS = 250
/** In units of `aliveMs`: by then the server has given out again all that a dead subscriber held. */
const CAREFUL_FOR = 1.5
/** In units of `aliveMs`: whoever removed the name has so long to stop its other subscriptions too. */
const FORGOTTEN_FOR = 1 / 6

/**
 * One durable pull consumer: asks for as much as there is room for, and hands it to the dispatcher. Where a subscriber may have died of an
 * event, it asks for one at a time, and for none beside one that is suspect: the server counts a delivery of all that a
 * subscriber holds, and only those should be counted that may be to blame.
 */
export class StreamSubscription {
  readonly #options: SubscribeOptions
  readonly #world: SubscriptionWorld
  readonly #inFlight: number
  readonly #aliveMs: number
  readonly #dispatcher: Dispatcher
  readonly #consumer: StreamConsumer
  readonly #foreign: ForeignEvents
  readonly #working: NodeJS.Timeout
  readonly #stopping = new AbortController()
  readonly #held = new Map<string, Msg>()
  /** Events that may have killed another subscriber and have not been through a handler here, with the end of waiting for that. */
  readonly #suspects = new Map<string, NodeJS.Timeout>()
  /** By `performance.now()`. */
  #carefulUntilMs = 0
  #source: PullSource | undefined
  #onRoom: (() => void) | undefined
  #loop: Promise<void> | undefined
  #lag = 0
  #hasHandedBack = false

  private constructor(options: SubscribeOptions, handler: EventHandler, world: SubscriptionWorld) {
    this.#options = options
    this.#world = world
    this.#inFlight = options.inFlight ?? 1000
    this.#dispatcher = new Dispatcher(options, handler, () => this.#onRoom?.())
    this.#aliveMs = options.aliveMs ?? ALIVE_MS
    this.#consumer = new StreamConsumer(world.manager, options, this.#aliveMs)
    this.#foreign = new ForeignEvents({
      patterns: () => world.unlessCut(this.#consumer.patterns()),
      isClosed: () => world.connection.isClosed(),
      onHandedBack: () => this.#handsBack(),
      onFree: () => this.#onRoom?.(),
    })
    this.#working = setInterval(() => this.#saysWorking(), this.#aliveMs / 3)
    this.#working.unref()
  }

  static async open(
    options: SubscribeOptions,
    handler: EventHandler,
    world: SubscriptionWorld,
  ): Promise<StreamSubscription> {
    const subscription = new StreamSubscription(options, handler, world)
    try {
      subscription.#found(await subscription.#consumer.open())
    } catch (error) {
      clearInterval(subscription.#working)
      throw error
    }
    subscription.#loop = subscription.#run()
    return subscription
  }

  /** Asks the server for the lag; the last one known where it does not answer. */
  async figures(stream: StreamState | undefined, unlessLate: Unless): Promise<SubscriptionFigures> {
    const backlog = stream && (await unlessLate(this.#consumer.backlog(stream)))
    if (backlog) this.#lag = backlog.lag
    if (backlog && backlog.lost > 0) this.#world.onLost(this.#options.durable, backlog.lost)
    return { durable: this.#options.durable, lag: this.#lag, ...this.#dispatcher.figures }
  }

  async stop(options: StopOptions): Promise<void> {
    this.#stopping.abort()
    const stopped = this.#dispatcher.stop(options)
    // What still comes is given back.
    await this.#source?.drain()
    this.#consumer.tidy()
    this.#foreign.stop()
    this.#onRoom?.()
    await stopped
    clearInterval(this.#working)
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#room()
        if (signal.aborted) return
        await this.#world.connected(signal)
        await this.#pull()
      } catch (error) {
        if (signal.aborted) return
        this.#world.onNotice(`${this.#options.durable} cannot read from the bus: ${messageOf(error)}`)
        await this.#recover(signal)
      }
    }
  }

  async #pull(): Promise<void> {
    const { connection, unlessCut } = this.#world
    const source = new PullSource(connection, this.#options.durable, (message) => this.#take(message))
    this.#source = source
    try {
      while (!this.#stopping.signal.aborted) {
        const isCareful = performance.now() < this.#carefulUntilMs
        await unlessCut(source.pull(isCareful ? 1 : Math.min(BATCH_MAX, this.#inFlight - this.#dispatcher.held)))
        await this.#room()
      }
    } finally {
      await source.drain()
    }
  }

  /** After a failure: the consumer is made anew where it is gone. */
  async #recover(signal: AbortSignal): Promise<void> {
    const { connected, unlessCut, onNotice } = this.#world
    try {
      await sleep(FAILURE_PAUSE_MS, undefined, { signal })
      await connected(signal)
      if (await unlessCut(this.#consumer.isForgotten()))
        await sleep(this.#aliveMs * FORGOTTEN_FOR, undefined, { signal })
      signal.throwIfAborted()
      this.#found(await unlessCut(this.#consumer.reopen()))
    } catch (error) {
      if (!signal.aborted) onNotice(`${this.#options.durable}: ${messageOf(error)}`)
    }
  }

  /** Events that are given out may be those of a subscriber that died of one. */
  #found(given: number): void {
    if (given > 0) this.#takeCare()
  }

  #handsBack(): void {
    if (this.#hasHandedBack) return
    this.#hasHandedBack = true
    this.#world.onNotice(
      `${this.#options.durable} has other patterns since: what only those take waits for a subscriber that takes it too`,
    )
  }

  #takeCare(): void {
    this.#carefulUntilMs = performance.now() + this.#aliveMs * CAREFUL_FOR
  }

  /** Nothing more is asked for until it has been through a handler; at most `aliveMs`, for it may wait behind others of its key. */
  #suspect(id: string): void {
    this.#takeCare()
    this.#suspects.set(id, setTimeout(() => this.#acquit(id), this.#aliveMs).unref())
  }

  #acquit(id: string): void {
    clearTimeout(this.#suspects.get(id))
    if (this.#suspects.delete(id)) this.#onRoom?.()
  }

  /** Fulfilled when a quarter of the room is free, and no suspect is held. */
  async #room(): Promise<void> {
    const enough = this.#inFlight - Math.max(1, Math.floor(this.#inFlight / 4))
    const isBlocked = () => this.#suspects.size > 0 || this.#foreign.count >= FOREIGN_MAX
    if (this.#dispatcher.held < this.#inFlight && !isBlocked()) return
    await new Promise<void>((resolve) => {
      this.#onRoom = () => {
        const isFull = this.#dispatcher.held > enough || isBlocked()
        if (isFull && !this.#stopping.signal.aborted) return
        this.#onRoom = undefined
        resolve()
      }
    })
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
    const only = message.headers?.get(ONLY) ?? ''
    const { deliveries: given, sequence } = deliveryOf(message)
    this.#consumer.saw(sequence)
    if (only !== '' && only !== durable) {
      message.respond(ACKNOWLEDGE)
      return
    }
    if (only === '' && !matches(match, event)) {
      this.#foreign.take(event, message)
      return
    }
    const deliveries = this.#consumer.mayBeHandedBack(event) ? 1 : given
    const requestId = message.headers?.get(REQUEST_ID) || undefined
    if (deliveries > SUSPECT_DELIVERIES && !this.#held.has(event.id)) this.#suspect(event.id)
    const letGo = () => {
      if (this.#held.get(event.id) !== message) return
      this.#held.delete(event.id)
      this.#acquit(event.id)
    }
    this.#held.set(event.id, message)
    this.#dispatcher.offer({
      event,
      requestId,
      deliveries: 0,
      elsewhere: deliveries - 1,
      begun: () => undefined,
      survived: () => this.#acquit(event.id),
      acknowledge: async () => {
        letGo()
        message.respond(ACKNOWLEDGE)
      },
      bury: async (reason, tries) => {
        await this.#world.bury(
          durable,
          { event, requestId, reason, deliveries: tries, time: new Date().toISOString() },
          sequence,
        )
        letGo()
        message.respond(TERMINATE)
      },
      release: () => {
        letGo()
        // Where the connection is closed for good, the server finds out by itself.
        if (!this.#world.connection.isClosed()) message.respond(giveBackFor())
      },
    })
  }

  #saysWorking(): void {
    for (const message of this.#held.values()) message.respond(WORKING)
  }
}

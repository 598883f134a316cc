import type {
  Announcement,
  Bus,
  DeadLetter,
  EventHandler,
  Presence,
  PresenceChange,
  PublishOptions,
  RequestHandler,
  RequestOptions,
  Served,
  ServeOptions,
  StopOptions,
  Stoppable,
  SubscribeOptions,
  Subscription,
  Watch,
  WatchOptions,
} from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEvent, encodeBody, encodeEvent } from '../bus-event.ts'
import type { BusFigures, BusState } from '../bus-figures.ts'
import type { BusStore } from '../bus-store.ts'
import { LiveWatch } from '../delivery/live-watch.ts'
import { checkDurable } from '../durable-name.ts'
import { checkPatterns, coverOf, type EventPattern } from '../event-pattern.ts'
import { PresenceBoard } from '../presence-board.ts'
import { RequestQueue } from '../requests/request-queue.ts'
import { StopList } from '../stop-list.ts'
import { patternOf } from '../subject.ts'
import { DeadLetters } from './dead-letters.ts'
import { DurableConsumers } from './durable-consumers.ts'
import { EventLog, type LoggedEvent, type LogLimits, type NewEvent } from './event-log.ts'
import { RequestTable } from './request-table.ts'

export interface InProcessBusOptions extends Partial<LogLimits> {
  /** For what must survive; without one all is in memory, and gone with the process. The bus closes it. */
  readonly store?: BusStore
  /** Told what an operator should know. */
  readonly onNotice?: (message: string) => void
}

const LIMITS: LogLimits = {
  eventsMax: 100_000,
  ageMaxMs: 7 * 24 * 3600_000,
  dedupeMs: 120_000,
  dedupeEventsMax: 20_000,
}
const CLOSE_TIMEOUT_MS = 60_000

/** The default driver: everything in this process, and in its store what must survive it. */
export class InProcessBus implements Bus {
  readonly #store: BusStore | undefined
  readonly #log: EventLog
  readonly #letters: DeadLetters
  readonly #consumers: DurableConsumers
  readonly #requests = new RequestTable()
  readonly #board: PresenceBoard
  readonly #watches = new Set<LiveWatch>()
  readonly #stops = new StopList()
  readonly #publishing = new Set<Promise<unknown>>()
  readonly #notice: (message: string) => void
  #published = 0
  #expired = 0
  #closing: Promise<void> | undefined

  private constructor(options: InProcessBusOptions) {
    const { store, onNotice = () => undefined, ...limits } = options
    this.#store = store
    this.#notice = onNotice
    this.#log = new EventLog(store, { ...LIMITS, ...limits }, onNotice)
    this.#letters = new DeadLetters(store)
    const bury = (durable: string, letter: DeadLetter) => this.#letters.add(durable, letter)
    this.#consumers = new DurableConsumers({ log: this.#log, store, bury, onNotice })
    this.#board = new PresenceBoard((error) => this.#fails('a presence listener', error))
  }

  /** Rejects as its store does. */
  static async open(options: InProcessBusOptions = {}): Promise<InProcessBus> {
    const bus = new InProcessBus(options)
    if (!options.store) bus.#notice('events are kept in memory only: those not handled are gone with this process')
    await bus.#log.recover()
    await bus.#letters.recover()
    await bus.#consumers.recover()
    return bus
  }

  get state(): BusState {
    return this.#closing !== undefined ? 'closed' : 'connected'
  }

  async connected(): Promise<void> {
    this.#check()
  }

  async publish(event: BusEvent, options: PublishOptions = {}): Promise<void> {
    this.#check()
    const text = encodeEvent(event)
    await this.#append({ event: decodeEvent(text), text, requestId: options.requestId, only: undefined })
  }

  async subscribe(options: SubscribeOptions, handler: EventHandler): Promise<Subscription> {
    this.#check()
    checkDurable(options.durable)
    checkPatterns(options.match)
    const { durable } = options
    const leave = await this.#unavailable(this.#consumers.join(options, handler))
    return { durable, stop: this.#stops.add(leave) }
  }

  async provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean> {
    this.#check()
    checkDurable(durable)
    checkPatterns(match)
    await this.#unavailable(this.#consumers.provide(durable, match))
    return true
  }

  async forget(durable: string): Promise<void> {
    this.#check()
    await this.#unavailable(Promise.all([this.#consumers.forget(durable), this.#letters.forget(durable)]))
  }

  async deadLetters(durable: string): Promise<readonly DeadLetter[]> {
    this.#check()
    return this.#letters.list(durable)
  }

  async retryDeadLetter(durable: string, id: string): Promise<boolean> {
    this.#check()
    const again = async ({ event, requestId }: DeadLetter) =>
      this.#append({ event, text: encodeEvent(event), requestId, only: durable })
    return await this.#unavailable(this.#letters.take(durable, id, again))
  }

  async dropDeadLetter(durable: string, id: string): Promise<boolean> {
    this.#check()
    return await this.#unavailable(this.#letters.take(durable, id))
  }

  async watch(options: WatchOptions, handler: (event: BusEvent) => void | Promise<void>): Promise<Watch> {
    this.#check()
    coverOf(options.match)
    const ended = async () => void this.#watches.delete(watch)
    const watch = new LiveWatch(options, handler, { ended, onFailure: (error) => this.#fails('a watch', error) })
    this.#watches.add(watch)
    return watch
  }

  async request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    this.#check()
    return await this.#requests.request(subject, body, options)
  }

  async serve(subject: readonly string[], handler: RequestHandler, options: ServeOptions = {}): Promise<Served> {
    this.#check()
    patternOf(...subject)
    const queue = new RequestQueue(handler, options, (error) => this.#fails(`a server of ${subject.join('.')}`, error))
    const server = { subject, group: options.group ?? 'powerbus', queue }
    this.#requests.add(server)
    const stop = this.#stops.add(async (stopping) => {
      this.#requests.remove(server)
      await queue.drain(stopping)
    })
    return { stop }
  }

  async announce(presence: Presence): Promise<Announcement> {
    this.#check()
    const copy = JSON.parse(encodeBody(presence)) as Presence
    this.#board.here(copy)
    return { presence: copy, stop: this.#stops.add(async () => this.#board.gone(copy)) }
  }

  async present(kind?: string): Promise<readonly Presence[]> {
    this.#check()
    return this.#board.list(kind)
  }

  async watchPresence(listener: (change: PresenceChange) => void): Promise<Stoppable> {
    this.#check()
    const end = this.#board.listen(listener)
    return { stop: async () => end() }
  }

  async figures(): Promise<BusFigures> {
    return {
      driver: 'in-process',
      state: this.state,
      durable: this.#store !== undefined,
      published: this.#published,
      reconnects: 0,
      outbox: { events: this.#publishing.size, bytes: 0 },
      expired: this.#expired,
      subscriptions: this.#consumers.figures,
      watches: [...this.#watches].map(({ buffered, dropped }) => ({ buffered, dropped })),
      served: [...this.#requests.servers].map(({ subject, queue }) => ({
        subject: patternOf(...subject),
        ...queue.figures,
      })),
    }
  }

  close(options: StopOptions = {}): Promise<void> {
    this.#closing ??= this.#close({ timeoutMs: options.timeoutMs ?? CLOSE_TIMEOUT_MS })
    return this.#closing
  }

  async #close(options: StopOptions): Promise<void> {
    await Promise.allSettled(this.#publishing)
    await this.#stops.all(options)
    await Promise.all([...this.#watches].map((watch) => watch.stop()))
    await this.#consumers.settled()
    await this.#store?.close()
  }

  async #append(entry: NewEvent): Promise<void> {
    const appending = this.#log.append(entry)
    this.#publishing.add(appending)
    try {
      const logged = await this.#unavailable(appending)
      if (logged) this.#deliver(logged)
    } finally {
      this.#publishing.delete(appending)
    }
  }

  #deliver(logged: LoggedEvent): void {
    this.#published += 1
    for (const watch of this.#watches) {
      if (logged.only === undefined && watch.wants(logged)) watch.push(decodeEvent(logged.text))
    }
    this.#consumers.fill()
    this.#log.trim(this.#consumers.needed, (event) => {
      if (!this.#consumers.isWaitedFor(event)) return
      this.#expired += 1
      this.#notice(`an event of ${event.Type}.${event.Action} passed the limits before it was handled`)
    })
  }

  async #unavailable<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof BusError) throw error
      throw new BusError('UNAVAILABLE', `not kept: ${messageOf(error)}`, { cause: error })
    }
  }

  #check(): void {
    if (this.#closing !== undefined) throw new BusError('CLOSED', 'the bus is closed')
  }

  #fails(who: string, error: unknown): void {
    this.#notice(`${who} failed: ${messageOf(error)}`)
  }
}

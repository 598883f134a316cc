import { MemoryStore } from '@powerbus/store'
import type { EventHandler, Presence, RequestOptions, StopOptions, SubscribeOptions } from '../bus.ts'
import type { BusDriver, LetterBox, Publication } from '../bus-driver.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEvent } from '../bus-event.ts'
import type { BusState } from '../bus-figures.ts'
import type { BusStore } from '../bus-store.ts'
import type { EventPattern } from '../event-pattern.ts'
import { PresenceBoard } from '../presence-board.ts'
import type { RequestQueue } from '../requests/request-queue.ts'
import { DeadLetters } from './dead-letters.ts'
import { DurableConsumers } from './durable-consumers.ts'
import { EventLog, type LoggedEvent, type LogLimits } from './event-log.ts'
import { RequestTable } from './request-table.ts'

export interface InProcessOptions extends Partial<LogLimits> {
  /** For what must survive; without one all is in memory, and gone with the process. The bus closes it. */
  readonly store?: BusStore | undefined
  /** Told what an operator should know. */
  readonly onNotice?: ((message: string) => void) | undefined
}

const LIMITS: LogLimits = {
  eventsMax: 100_000,
  ageMaxMs: 7 * 24 * 3600_000,
  dedupeMs: 120_000,
  dedupeEventsMax: 20_000,
}

/** The default driver: everything in this process, and in its store what must survive it. */
export class InProcessDriver implements BusDriver {
  readonly state: BusState = 'connected'
  readonly #store: BusStore | undefined
  readonly #log: EventLog
  readonly #letters: DeadLetters
  readonly #consumers: DurableConsumers
  readonly #requests = new RequestTable()
  readonly #board: PresenceBoard
  readonly #listeners = new Set<(event: BusEvent) => void>()
  readonly #publishing = new Set<Promise<unknown>>()
  readonly #notice: (message: string) => void
  #expired = 0

  private constructor(options: InProcessOptions) {
    const { store, onNotice = () => undefined, ...limits } = options
    this.#store = store
    this.#notice = onNotice
    this.#log = new EventLog(store, { ...LIMITS, ...limits }, onNotice)
    this.#letters = new DeadLetters(store ?? new MemoryStore())
    this.#consumers = new DurableConsumers({ log: this.#log, store, letters: this.#letters, onNotice })
    this.#board = new PresenceBoard((error) => onNotice(`a presence listener failed: ${messageOf(error)}`))
  }

  /** Rejects as its store does. */
  static async open(options: InProcessOptions): Promise<InProcessDriver> {
    const driver = new InProcessDriver(options)
    if (!options.store) driver.#notice('events are kept in memory only: those not handled are gone with this process')
    await driver.#log.recover()
    await driver.#letters.recover()
    await driver.#consumers.recover()
    return driver
  }

  async connected(): Promise<void> {
    // From the beginning.
  }

  async publish({ text, requestId, again, deferSync }: Publication): Promise<void> {
    const event = decodeEvent(text)
    const entry = { event, text, requestId, only: again?.durable }
    const appending = this.#log.append(entry, deferSync)
    this.#publishing.add(appending)
    try {
      const logged = await appending
      if (logged) this.#deliver(logged, event)
    } catch (cause) {
      throw new BusError('UNAVAILABLE', `not kept: ${messageOf(cause)}`, { cause })
    } finally {
      this.#publishing.delete(appending)
    }
  }

  subscribe(options: SubscribeOptions, handler: EventHandler): Promise<(options: StopOptions) => Promise<void>> {
    return this.#consumers.join(options, handler)
  }

  async provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean> {
    await this.#consumers.provide(durable, match)
    return true
  }

  async forget(durable: string): Promise<void> {
    await Promise.all([this.#consumers.forget(durable), this.#letters.forget(durable)])
  }

  async letters(): Promise<LetterBox> {
    return this.#letters
  }

  async listen(_pattern: EventPattern, onEvent: (event: BusEvent) => void): Promise<() => void> {
    this.#listeners.add(onEvent)
    return () => this.#listeners.delete(onEvent)
  }

  request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    return this.#requests.request(subject, body, options)
  }

  async serve(subject: readonly string[], group: string, queue: RequestQueue): Promise<() => Promise<void>> {
    return this.#requests.add({ subject, group, queue })
  }

  async announce(presence: Presence): Promise<() => void> {
    this.#board.here(presence)
    return () => this.#board.gone(presence)
  }

  async board(): Promise<PresenceBoard> {
    return this.#board
  }

  async figures() {
    return {
      driver: 'in-process' as const,
      durable: this.#store !== undefined,
      reconnects: 0,
      outbox: { events: this.#publishing.size, bytes: 0 },
      expired: this.#expired,
      subscriptions: this.#consumers.figures,
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#publishing)
    await this.#consumers.settled()
    await this.#store?.close()
  }

  /** `copy`: nobody else has it. */
  #deliver(logged: LoggedEvent, copy: BusEvent): void {
    if (logged.only === undefined) this.#tellListeners(logged.text, copy)
    this.#consumers.fill()
    this.#log.trim(this.#consumers.needed, (event) => {
      if (!this.#consumers.isWaitedFor(event)) return
      this.#expired += 1
      this.#notice(`an event of ${event.Type}.${event.Action} passed the limits before it was handled`)
    })
  }

  /** Each gets a copy of its own. */
  #tellListeners(text: string, copy: BusEvent): void {
    let event: BusEvent | undefined = copy
    for (const listener of this.#listeners) {
      listener(event ?? decodeEvent(text))
      event = undefined
    }
  }
}

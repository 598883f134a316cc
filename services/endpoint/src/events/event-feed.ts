import { randomUUID } from 'node:crypto'
import { type Bus, type BusEvent, everyEvent, type Watch } from '@powerbus/bus'
import type { DrpEvent } from '@powerbus/drp'
import { EventReporter, type PublishOptions } from '@powerbus/plugin-sdk'
import { endsWithin } from '@powerbus/turns'
import type { Logger } from 'pino'
import type { NewEvent } from './new-event.ts'

type Listener = (event: DrpEvent) => void

export interface FeedOptions {
  readonly bus: Bus
  readonly log: Logger
  /** Most events that may wait for the bus; further ones are lost and logged. */
  readonly waitingMax?: number
}

/**
 * Publishes the endpoint's events on the bus, and gives all events of the bus to listeners. `publish` never waits and
 * never fails: events wait in a bounded queue and keep their order.
 */
export class EventFeed {
  readonly #bus: Bus
  readonly #log: Logger
  readonly #reporter: EventReporter
  readonly #listeners = new Set<Listener>()
  #watch: Watch | undefined

  constructor({ bus, log, waitingMax }: FeedOptions) {
    this.#bus = bus
    this.#log = log
    this.#reporter = new EventReporter(bus, {
      waitingMax,
      onLost: (lost, reason) => log.error({ lost, reason }, 'events are lost'),
      onHeldUp: ({ Type, Action, Key }, error) => {
        log.warn({ event: `${Type}.${Action}.${Key}`, error }, 'an event is held up')
      },
    })
  }

  /** Counts of the events not yet on the bus, the lost events, and the listeners. */
  get figures(): { readonly waiting: number; readonly lost: number; readonly listeners: number } {
    const { waiting, lost } = this.#reporter.figures
    return { waiting, lost, listeners: this.#listeners.size }
  }

  /** Throws BusError. */
  async start(): Promise<void> {
    this.#watch = await this.#bus.watch({ match: [everyEvent], bufferMax: 10_000 }, (event) => this.#notify(event))
  }

  publish(event: NewEvent, options: PublishOptions = {}): void {
    const { Type, Action, Key, Principal, Object: object = null, Original = null, Time, Id } = event
    const time = Time || new Date().toISOString()
    const fields = { id: Id ?? randomUUID(), Time: time, Type, Action, Key, Principal, Object: object, Original }
    this.#reporter.publish(fields, options)
  }

  /**
   * Publishes, and waits until the event is durable on the bus, at most `limitMs`, and no longer where the bus does not
   * take it for now (a full disk). Never rejects.
   */
  async publishDurably(event: NewEvent, requestId: string, limitMs: number): Promise<void> {
    const isSettled = new Promise<void>((resolve) =>
      this.publish(event, { requestId, onEnd: () => resolve(), onHeldUp: resolve }),
    )
    await endsWithin(isSettled, limitMs)
  }

  /** Calls `listener`, which must not throw, with each event on the bus from now on. Returns what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Waits until all published events are on the bus, at most `timeoutMs`. */
  async settled(timeoutMs: number): Promise<void> {
    await this.#reporter.settled(timeoutMs)
  }

  /** Loses the events that are not on the bus within `timeoutMs`, and logs their number. */
  async stop(timeoutMs: number): Promise<void> {
    await this.settled(timeoutMs)
    const { waiting } = this.figures
    if (waiting > 0) this.#log.warn({ events: waiting }, 'events were not published before the end')
    await this.#reporter.close(0)
    await this.#watch?.stop()
  }

  #notify({ id, ...event }: BusEvent): void {
    for (const listener of this.#listeners) listener({ ...event, Id: id })
  }
}

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
} from './bus.ts'
import type { BusDriver } from './bus-driver.ts'
import { BusError, messageOf } from './bus-error.ts'
import { type BusEvent, encodeBody, encodeEvent } from './bus-event.ts'
import type { BusFigures, BusState } from './bus-figures.ts'
import { LiveWatch } from './delivery/live-watch.ts'
import { checkDurable } from './durable-name.ts'
import { checkPatterns, coverOf, type EventPattern } from './event-pattern.ts'
import { RequestQueue } from './requests/request-queue.ts'
import { StopList } from './stop-list.ts'
import { checkPart, patternOf } from './subject.ts'

const PUBLISH_TIMEOUT_MS = 30_000
const CLOSE_TIMEOUT_MS = 60_000

/** The part of a bus that all drivers share: limits, what is open here, and the end of all that. */
export class DrivenBus implements Bus {
  readonly #driver: BusDriver
  readonly #watches = new Set<LiveWatch>()
  readonly #served = new Set<{ readonly subject: string; readonly queue: RequestQueue }>()
  readonly #stops = new StopList()
  readonly #notice: (message: string) => void
  #published = 0
  #closing: Promise<void> | undefined

  constructor(driver: BusDriver, onNotice: (message: string) => void = () => undefined) {
    this.#driver = driver
    this.#notice = onNotice
  }

  get state(): BusState {
    return this.#closing === undefined ? this.#driver.state : 'closed'
  }

  connected(): Promise<void> {
    return this.#ask((driver) => driver.connected())
  }

  async publish(event: BusEvent, options: PublishOptions = {}): Promise<void> {
    const { requestId, timeoutMs = PUBLISH_TIMEOUT_MS, deferSync = false } = options
    await this.#ask((driver) => driver.publish({ event, text: encodeEvent(event), requestId, timeoutMs, deferSync }))
    this.#published += 1
  }

  async subscribe(options: SubscribeOptions, handler: EventHandler): Promise<Subscription> {
    const { durable, match } = options
    checkDurable(durable)
    checkPatterns(match)
    const stop = await this.#ask((driver) => driver.subscribe(options, handler))
    return { durable, stop: this.#stops.add(stop) }
  }

  async provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean> {
    checkDurable(durable)
    checkPatterns(match)
    return await this.#ask((driver) => driver.provideDurable(durable, match))
  }

  async forget(durable: string): Promise<void> {
    checkDurable(durable)
    await this.#ask((driver) => driver.forget(durable))
  }

  async deadLetters(durable: string): Promise<readonly DeadLetter[]> {
    checkDurable(durable)
    return await this.#ask(async (driver) => (await driver.letters()).list(durable))
  }

  async retryDeadLetter(durable: string, id: string): Promise<boolean> {
    return await this.#ask(async (driver) => {
      const again = async ({ event, requestId, time }: DeadLetter) => {
        const text = encodeEvent(event)
        await driver.publish({ event, text, requestId, timeoutMs: PUBLISH_TIMEOUT_MS, again: { durable, time } })
      }
      return (await driver.letters()).take(durable, id, again)
    })
  }

  async dropDeadLetter(durable: string, id: string): Promise<boolean> {
    return await this.#ask(async (driver) => (await driver.letters()).take(durable, id))
  }

  async watch(options: WatchOptions, handler: (event: BusEvent) => void | Promise<void>): Promise<Watch> {
    const cover = coverOf(options.match)
    const watch = new LiveWatch(options, handler, (error) => this.#fails('a watch', error))
    const end = await this.#ask((driver) =>
      driver.listen(cover, (event) => {
        if (watch.wants(event)) watch.push(event)
      }),
    )
    this.#watches.add(watch)
    const stop = this.#stops.add(async () => {
      watch.stop()
      end()
      this.#watches.delete(watch)
    })
    return {
      stop,
      get dropped() {
        return watch.dropped
      },
    }
  }

  async request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    return await this.#ask((driver) => driver.request(subject, body, options))
  }

  async serve(subject: readonly string[], handler: RequestHandler, options: ServeOptions = {}): Promise<Served> {
    const pattern = patternOf(...subject)
    const queue = new RequestQueue(handler, options, (error) => this.#fails(`a server of ${pattern}`, error))
    const end = await this.#ask((driver) => driver.serve(subject, options.group ?? 'powerbus', queue))
    const served = { subject: pattern, queue }
    this.#served.add(served)
    const stop = this.#stops.add(async (stopping) => {
      await end()
      await queue.drain(stopping)
      this.#served.delete(served)
    })
    return { stop }
  }

  async announce(presence: Presence): Promise<Announcement> {
    for (const part of [presence.kind, presence.name, presence.instance]) checkPart(part)
    const copy = JSON.parse(encodeBody(presence)) as Presence
    const end = await this.#ask((driver) => driver.announce(copy))
    return { presence: copy, stop: this.#stops.add(async () => end()) }
  }

  async present(kind?: string): Promise<readonly Presence[]> {
    return (await this.#ask((driver) => driver.board())).list(kind)
  }

  async watchPresence(listener: (change: PresenceChange) => void): Promise<Stoppable> {
    const end = (await this.#ask((driver) => driver.board())).listen(listener)
    return { stop: async () => end() }
  }

  async figures(): Promise<BusFigures> {
    return {
      ...(await this.#driver.figures()),
      state: this.state,
      published: this.#published,
      watches: [...this.#watches].map(({ buffered, dropped }) => ({ buffered, dropped })),
      served: [...this.#served].map(({ subject, queue }) => ({ subject, ...queue.figures })),
    }
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS }: StopOptions = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<void> {
    await this.#stops.all({ timeoutMs })
    await this.#driver.close(timeoutMs)
  }

  /** What a driver throws by itself is a failure of the bus. */
  async #ask<T>(work: (driver: BusDriver) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new BusError('CLOSED', 'the bus is closed')
    try {
      return await work(this.#driver)
    } catch (error) {
      if (error instanceof BusError) throw error
      throw new BusError('UNAVAILABLE', `the bus cannot do that now: ${messageOf(error)}`, { cause: error })
    }
  }

  #fails(what: string, error: unknown): void {
    this.#notice(`${what} failed: ${messageOf(error)}`)
  }
}

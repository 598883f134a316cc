import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, BusError, type BusEvent, everyEvent, type Watch } from '@powerbus/bus'
import type { DrpEvent } from '@powerbus/drp'
import { fitEvent } from '@powerbus/plugin-sdk'
import type { Logger } from 'pino'
import type { NewEvent } from './new-event.ts'

const WAITING_MAX = 20_000
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** Events that are on their way to the bus at a time. */
const WINDOW = 128
const PAUSES_MS = [50, 250, 1000, 5000]

type Listener = (event: DrpEvent) => void

export interface FeedOptions {
  readonly bus: Bus
  readonly log: Logger
  /** Events that may wait for the bus; the next one is lost, and said to be. */
  readonly waitingMax?: number
}

interface Waiting {
  readonly event: BusEvent
  readonly bytes: number
  readonly requestId: string | undefined
  readonly onEnd: (isPublished: boolean) => void
}

export interface PublishOptions {
  /** Correlation id of the request that it comes from. */
  readonly requestId?: string
  /** Told once: whether it is durable on the bus, or lost. Must not throw. */
  readonly onEnd?: (isPublished: boolean) => void
}

/**
 * The way of every event of this endpoint to the bus, and back from it to all who listen here. `publish` never waits and
 * never fails: events wait in a bounded queue, and go out in their order.
 */
export class EventFeed {
  readonly #bus: Bus
  readonly #log: Logger
  readonly #waitingMax: number
  readonly #listeners = new Set<Listener>()
  readonly #stopping = new AbortController()
  #queue: Waiting[] = []
  #waitingBytes = 0
  #underWay = 0
  #lost = 0
  #watch: Watch | undefined
  #whenSettled: (() => void)[] = []

  constructor({ bus, log, waitingMax = WAITING_MAX }: FeedOptions) {
    this.#bus = bus
    this.#log = log
    this.#waitingMax = waitingMax
  }

  /** Events that wait for the bus or are on their way to it, those that were lost, and who listens. */
  get figures(): { readonly waiting: number; readonly lost: number; readonly listeners: number } {
    return { waiting: this.#queue.length + this.#underWay, lost: this.#lost, listeners: this.#listeners.size }
  }

  /** Throws BusError. */
  async start(): Promise<void> {
    this.#watch = await this.#bus.watch({ match: [everyEvent], bufferMax: 10_000 }, (event) => this.#tell(event))
  }

  publish(event: NewEvent, { requestId, onEnd = () => undefined }: PublishOptions = {}): void {
    const { Type, Action, Key, Principal, Object: object = null, Original = null, Time, Id } = event
    const time = Time || new Date().toISOString()
    const fields = { id: Id ?? randomUUID(), Time: time, Type, Action, Key, Principal, Object: object, Original }
    const { event: fitting, bytes } = fitEvent(fields)
    const isFull = this.#queue.length >= this.#waitingMax || this.#waitingBytes + bytes > WAITING_BYTES_MAX
    if (isFull || this.#stopping.signal.aborted) {
      this.#lose()
      onEnd(false)
      return
    }
    this.#queue.push({ event: fitting, bytes, requestId, onEnd })
    this.#waitingBytes += bytes
    this.#send()
  }

  /** As `publish`; waits until the event is durable on the bus, at most so long. Never rejects. */
  async publishDurably(event: NewEvent, requestId: string, limitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      const onEnd = () => {
        clearTimeout(timer)
        resolve()
      }
      this.publish(event, { requestId, onEnd })
    })
  }

  /** Events of everyone from now on, also of other endpoints on the bus. Gives what ends it. A listener must not throw. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Waits until what was published is on the bus, at most so long. */
  async settled(timeoutMs: number): Promise<void> {
    if (this.figures.waiting === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#whenSettled.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** What is not on the bus within that time is lost. */
  async stop(timeoutMs: number): Promise<void> {
    await this.settled(timeoutMs)
    this.#stopping.abort()
    const left = this.figures.waiting
    if (left > 0) this.#log.warn({ events: left }, 'events were not published before the end')
    this.#queue = []
    await this.#watch?.stop()
  }

  #send(): void {
    while (this.#underWay < WINDOW) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#underWay += 1
      void this.#deliver(next)
    }
  }

  async #deliver({ event, bytes, requestId, onEnd }: Waiting): Promise<void> {
    let isPublished = false
    for (let failures = 0; !this.#stopping.signal.aborted; failures += 1) {
      try {
        await this.#bus.publish(event, requestId === undefined ? {} : { requestId })
        isPublished = true
        break
      } catch (error) {
        const isLasting = !(error instanceof BusError) || error.code === 'INPUT' || error.code === 'CLOSED'
        const subject = `${event.Type}.${event.Action}.${event.Key}`
        if (isLasting || failures === 0) this.#log.warn({ event: subject, error: String(error) }, 'an event is held up')
        if (isLasting) {
          this.#lose()
          break
        }
        await this.#pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0)
      }
    }
    this.#waitingBytes -= bytes
    this.#underWay -= 1
    onEnd(isPublished)
    if (this.figures.waiting === 0) for (const resolve of this.#whenSettled.splice(0)) resolve()
    this.#send()
  }

  async #pause(pauseMs: number): Promise<void> {
    // Cut short by a stop.
    await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }

  #tell({ id, ...event }: BusEvent): void {
    for (const listener of this.#listeners) listener({ ...event, Id: id })
  }

  /** Said at the first one, and then at every thousandth. */
  #lose(): void {
    this.#lost += 1
    if (this.#lost % 1000 === 1) this.#log.error({ lost: this.#lost }, 'events are lost: the bus takes none')
  }
}

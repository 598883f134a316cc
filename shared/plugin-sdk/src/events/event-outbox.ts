import { type Bus, BusError, type BusEvent } from '@powerbus/bus'
import { endsWithin, pause } from '@powerbus/turns'
import { fitEvent } from './fit-event.ts'

const WAITING_MAX = 20_000
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** Events that are on their way at a time. */
const WINDOW = 128
const PAUSES_MS = [50, 250, 1000, 5000]

export interface OutboxOptions {
  /** Told at the first event that is lost, and then at every thousandth; `reason` is the bus's own. */
  readonly onLost: (lost: number, reason: string) => void
  /** Told once of each event that the bus does not take for now; it is tried again. */
  readonly onHeldUp?: (event: BusEvent, reason: string) => void
  /** The next one is lost. 20 000. */
  readonly waitingMax?: number | undefined
}

export interface PublishOptions {
  /** Correlation id of the request that it comes from. */
  readonly requestId?: string | undefined
  /** Told once: whether it is durable on the bus, or lost. Must not throw. */
  readonly onEnd?: (isPublished: boolean) => void
}

interface Waiting extends PublishOptions {
  readonly event: BusEvent
  readonly bytes: number
}

/**
 * Sends events to the bus in their order. `publish` never waits and never fails, so that whoever tells of something is never
 * held up by the bus: events wait in a bounded queue, also before there is a bus.
 */
export class EventOutbox {
  readonly #options: OutboxOptions
  readonly #waitingMax: number
  readonly #stopping = new AbortController()
  readonly #queue: Waiting[] = []
  #bus: Bus | undefined
  #waitingBytes = 0
  #underWay = 0
  #sent = 0
  #lost = 0
  #whenSettled: (() => void)[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#waitingMax = options.waitingMax ?? WAITING_MAX
  }

  get figures(): { readonly waiting: number; readonly sent: number; readonly lost: number } {
    return { waiting: this.#queue.length + this.#underWay, sent: this.#sent, lost: this.#lost }
  }

  attach(bus: Bus): void {
    this.#bus = bus
    this.#send()
  }

  publish(given: BusEvent, options: PublishOptions = {}): void {
    const { event, bytes } = fitEvent(given)
    const isFull = this.#queue.length >= this.#waitingMax || this.#waitingBytes + bytes > WAITING_BYTES_MAX
    if (isFull || this.#stopping.signal.aborted) {
      this.#lose(options, 'the bus takes none')
      return
    }
    this.#waitingBytes += bytes
    this.#queue.push({ ...options, event, bytes })
    this.#send()
  }

  /** Waits until nothing waits, at most so long. */
  async settled(limitMs: number): Promise<void> {
    if (this.figures.waiting === 0) return
    await endsWithin(new Promise<void>((resolve) => this.#whenSettled.push(resolve)), limitMs)
  }

  /** Waits for what is waiting, at most so long; what is left then is lost. */
  async close(limitMs: number): Promise<void> {
    if (this.#bus) await this.settled(limitMs)
    this.#stopping.abort()
    for (const waiting of this.#queue.splice(0)) this.#lose(waiting, 'the process ends')
  }

  #send(): void {
    const bus = this.#bus
    while (bus && this.#underWay < WINDOW) {
      const next = this.#queue.shift()
      if (!next) return
      this.#underWay += 1
      void this.#deliver(bus, next).finally(() => {
        this.#underWay -= 1
        this.#waitingBytes -= next.bytes
        if (this.figures.waiting === 0) for (const resolve of this.#whenSettled.splice(0)) resolve()
        this.#send()
      })
    }
  }

  /** Never rejects. The same id each time, so that a second arrival is none. */
  async #deliver(bus: Bus, waiting: Waiting): Promise<void> {
    const { event, requestId, onEnd } = waiting
    for (let failures = 0; ; failures += 1) {
      try {
        await bus.publish(event, requestId === undefined ? {} : { requestId })
        this.#sent += 1
        onEnd?.(true)
        return
      } catch (error) {
        const isLasting = !(error instanceof BusError) || error.code === 'INPUT' || error.code === 'CLOSED'
        if (isLasting || this.#stopping.signal.aborted) return this.#lose(waiting, String(error))
        if (failures === 0) this.#options.onHeldUp?.(event, String(error))
        const pauseMs = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0
        // Cut short by a stop.
        await pause(pauseMs, this.#stopping.signal)
      }
    }
  }

  #lose({ onEnd }: PublishOptions, reason: string): void {
    this.#lost += 1
    onEnd?.(false)
    if (this.#lost % 1000 === 1) this.#options.onLost(this.#lost, reason)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, BusError, type BusEvent } from '@powerbus/bus'
import { fitEvent } from './fit-event.ts'

const WAITING_MAX = 20_000
const WAITING_BYTES_MAX = 32 * 1024 * 1024
/** Events that are on their way at a time. */
const WINDOW = 64
const PAUSES_MS = [50, 250, 1000, 5000]

export interface OutboxOptions {
  /** Told at the first event that is lost, and then at every thousandth; `reason` is the bus's own. */
  readonly onLost: (lost: number, reason: string) => void
  /** The next one is lost. 20 000. */
  readonly waitingMax?: number
}

interface Waiting {
  readonly event: BusEvent
  readonly bytes: number
  readonly requestId: string | undefined
}

/**
 * Sends events to the bus in their order. `publish` never waits and never fails, so that whoever tells of something is never
 * held up by the bus: events wait in a bounded queue, also before there is a bus.
 */
export class EventOutbox {
  readonly #options: Required<OutboxOptions>
  readonly #stopping = new AbortController()
  readonly #queue: Waiting[] = []
  #bus: Bus | undefined
  #waitingBytes = 0
  #underWay = 0
  #sent = 0
  #lost = 0
  #whenEmpty: (() => void)[] = []

  constructor(options: OutboxOptions) {
    this.#options = { waitingMax: WAITING_MAX, ...options }
  }

  get figures(): { readonly waiting: number; readonly sent: number; readonly lost: number } {
    return { waiting: this.#queue.length + this.#underWay, sent: this.#sent, lost: this.#lost }
  }

  attach(bus: Bus): void {
    this.#bus = bus
    this.#send()
  }

  publish(given: BusEvent, requestId?: string): void {
    const { event, bytes } = fitEvent(given)
    const isFull = this.#queue.length >= this.#options.waitingMax || this.#waitingBytes + bytes > WAITING_BYTES_MAX
    if (isFull || this.#stopping.signal.aborted) {
      this.#lose('the bus takes none')
      return
    }
    this.#waitingBytes += bytes
    this.#queue.push({ event, bytes, requestId })
    this.#send()
  }

  /** Waits for what is waiting, at most so long; what is left then is lost. */
  async close(limitMs: number): Promise<void> {
    const cancel = new AbortController()
    const expired = sleep(limitMs, undefined, { signal: cancel.signal }).catch(() => undefined)
    if (this.#bus) await Promise.race([this.#emptied(), expired])
    cancel.abort()
    this.#stopping.abort()
    for (const _ of this.#queue.splice(0)) this.#lose('the process ends')
  }

  #emptied(): Promise<void> {
    return new Promise((resolve) => {
      if (this.figures.waiting === 0) resolve()
      else this.#whenEmpty.push(resolve)
    })
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
        if (this.figures.waiting === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
        this.#send()
      })
    }
  }

  /** Never rejects. The same id each time, so that a second arrival is none. */
  async #deliver(bus: Bus, { event, requestId }: Waiting): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await bus.publish(event, requestId === undefined ? {} : { requestId })
        this.#sent += 1
        return
      } catch (error) {
        const isLasting = !(error instanceof BusError) || error.code === 'INPUT' || error.code === 'CLOSED'
        if (isLasting || this.#stopping.signal.aborted) return this.#lose(String(error))
        const pauseMs = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]
        await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      }
    }
  }

  #lose(reason: string): void {
    this.#lost += 1
    if (this.#lost % 1000 === 1) this.#options.onLost(this.#lost, reason)
  }
}

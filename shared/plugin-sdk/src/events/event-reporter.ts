import { type Bus, BusError, type BusEvent } from '@powerbus/bus'
import { endsWithin, pause, unlessAborted } from '@powerbus/turns'
import { fitEvent } from './fit-event.ts'

const WAITING_MAX = 20_000
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** The bus keeps an event in its own queue for as long as that. */
const PUBLISH_MS = 2 ** 31 - 1
const PAUSES_MS = [50, 250, 1000, 5000]

export interface ReporterOptions {
  /** Called at the first event that is lost, and then at every thousandth; `reason` is the bus's own. */
  readonly onLost: (lost: number, reason: string) => void
  /** Called once for each event that the bus does not take for now; it is tried again. */
  readonly onHeldUp?: (event: BusEvent, reason: string) => void
  /** The next one is lost. 20 000. */
  readonly waitingMax?: number | undefined
}

export interface PublishOptions {
  /** Correlation id of the request that it comes from. */
  readonly requestId?: string | undefined
  /** As in the bus's PublishOptions. */
  readonly deferSync?: boolean
  /** Called at most once, where the bus does not take it for now. Must not throw. */
  readonly onHeldUp?: () => void
  /** Called once: whether it is durable on the bus, or lost. Must not throw. */
  readonly onEnd?: (isPublished: boolean) => void
}

/**
 * Publishes events for callers that must not wait and must not fail: the bus queues them, also before it is connected, and what it
 * refuses for now is tried again. Counts what waits and what is lost.
 */
export class EventReporter {
  readonly #bus: Promise<Pick<Bus, 'publish'>>
  readonly #options: ReporterOptions
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #waitingBytes = 0
  #lost = 0

  constructor(bus: Pick<Bus, 'publish'> | Promise<Pick<Bus, 'publish'>>, options: ReporterOptions) {
    this.#bus = Promise.resolve(bus)
    this.#options = options
  }

  get figures(): { readonly waiting: number; readonly lost: number } {
    return { waiting: this.#underWay.size, lost: this.#lost }
  }

  publish(given: BusEvent, options: PublishOptions = {}): void {
    const { event, bytes } = fitEvent(given)
    const { waitingMax = WAITING_MAX } = this.#options
    const isFull = this.#underWay.size >= waitingMax || this.#waitingBytes + bytes > WAITING_BYTES_MAX
    if (isFull || this.#stopping.signal.aborted) {
      this.#lose(options, 'the bus takes none')
      return
    }
    this.#waitingBytes += bytes
    const delivering = this.#deliver(event, options).finally(() => {
      this.#underWay.delete(delivering)
      this.#waitingBytes -= bytes
    })
    this.#underWay.add(delivering)
  }

  /** Waits until nothing waits that was published by now, at most so long. */
  async settled(limitMs: number): Promise<void> {
    await endsWithin(Promise.all(this.#underWay), limitMs)
  }

  /** Waits for what is waiting, at most so long; what is left then is lost. */
  async close(limitMs: number): Promise<void> {
    await this.settled(limitMs)
    this.#stopping.abort()
  }

  /** Never rejects. The same id each time, so that a second arrival is none. */
  async #deliver(event: BusEvent, published: PublishOptions): Promise<void> {
    const { requestId, deferSync = false, onEnd } = published
    const { signal } = this.#stopping
    const options = { timeoutMs: PUBLISH_MS, deferSync, ...(requestId !== undefined && { requestId }) }
    for (let failures = 0; ; failures += 1) {
      try {
        const bus = await unlessAborted(this.#bus, signal)
        await unlessAborted(bus.publish(event, options), signal)
        onEnd?.(true)
        return
      } catch (error) {
        const isLasting = !(error instanceof BusError) || error.code === 'INPUT' || error.code === 'CLOSED'
        if (isLasting || signal.aborted)
          return this.#lose(published, signal.aborted ? 'the process ends' : String(error))
        if (failures === 0) {
          this.#options.onHeldUp?.(event, String(error))
          published.onHeldUp?.()
        }
        await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal)
      }
    }
  }

  #lose({ onEnd }: PublishOptions, reason: string): void {
    this.#lost += 1
    onEnd?.(false)
    if (this.#lost % 1000 === 1) this.#options.onLost(this.#lost, reason)
  }
}

import { KeyedQueue, pause, Slots } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'

/** Events of different keys that are handled at a time. */
const AT_ONCE = 8
const WAITING_MAX = 5_000
const PAUSES_MS = [1_000, 5_000, 15_000]

/** What tells the lane of an event. */
export interface Lane {
  readonly Type: string
  readonly Key: string
}

export interface EventLanesOptions<Event extends Lane> {
  readonly handle: (event: Event) => Promise<void>
  /** An event found the queue full and was dropped; called once until it has been empty again. */
  readonly onOverflow: () => void
  readonly signal: AbortSignal
  readonly waitingMax?: number
  readonly pausesMs?: readonly number[]
}

/**
 * Hands events on, those of one Type and Key one after another, without ever holding up whoever brings them. A failure that may
 * pass is tried again; the handler has told of the others. What waits when the signal is aborted is left.
 */
export class EventLanes<Event extends Lane> {
  readonly #options: Required<EventLanesOptions<Event>>
  readonly #queue = new KeyedQueue()
  readonly #slots = new Slots(AT_ONCE)
  #waiting = 0
  #overflowed = false

  constructor(options: EventLanesOptions<Event>) {
    this.#options = { waitingMax: WAITING_MAX, pausesMs: PAUSES_MS, ...options }
  }

  add(event: Event): void {
    const { waitingMax, onOverflow } = this.#options
    if (this.#waiting >= waitingMax) {
      this.#overflowed = true
      return
    }
    this.#waiting += 1
    const handled = () => this.#slots.run(() => this.#handle(event))
    void this.#queue.run(`${event.Type}.${event.Key}`, handled).then(() => {
      this.#waiting -= 1
      if (this.#waiting > 0 || !this.#overflowed) return
      this.#overflowed = false
      onOverflow()
    })
  }

  /** Never rejects. */
  async #handle(event: Event): Promise<void> {
    const { handle, signal, pausesMs } = this.#options
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        return await handle(event)
      } catch (error) {
        const pauseMs = pausesMs[attempt]
        if (!(error instanceof PowerbusError) || !error.retry || pauseMs === undefined) return
        await pause(pauseMs, signal)
      }
    }
  }
}

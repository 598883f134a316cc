import type { Clock, Timer } from '../transport/clock.ts'

/** Longest time that what is due waits for input that has arrived already, in milliseconds. */
const INPUT_PATIENCE_MS = 100

/**
 * One timer for many deadlines. It is only ever brought forward: firing too early costs less than a new timer for each datagram. When it fires,
 * answers may have arrived while this process was busy: they are read before anything is sent again. While they keep coming, that is put
 * off, but not for long.
 */
export class WakeTimer {
  readonly #clock: Clock
  readonly #onWake: () => void
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #heard = false
  #overdueSinceMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock
    this.#onWake = onWake
  }

  bringForward(dueMs: number | undefined): void {
    if (dueMs === undefined || dueMs >= this.#dueMs) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.nowMs()), this.#fire)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#reset()
  }

  /** Input came. */
  heard(): void {
    this.#heard = true
  }

  #reset(): void {
    this.#timer = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#overdueSinceMs = Number.POSITIVE_INFINITY
  }

  readonly #fire = (): void => {
    this.#overdueSinceMs = Math.min(this.#overdueSinceMs, this.#clock.nowMs())
    this.#heard = false
    this.#timer = this.#clock.afterInput(() => {
      if (this.#heard && this.#clock.nowMs() - this.#overdueSinceMs < INPUT_PATIENCE_MS) this.#fire()
      else {
        this.#reset()
        this.#onWake()
      }
    })
  }
}

import type { Clock, Timer } from '../transport/clock.ts'

/** Longest time that due work waits while input keeps arriving, in milliseconds. */
const INPUT_PATIENCE_MS = 100

/**
 * One timer for many deadlines. It only moves forward: firing too early costs less than a new timer per datagram. When
 * it fires, answers that arrived while the process was busy are read before `onWake` sends anything again. While
 * answers keep arriving, `onWake` waits up to INPUT_PATIENCE_MS.
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

  /** Makes the timer fire at `dueMs` at the latest. */
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

  /** Records that a datagram arrived. */
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

import type { Clock } from '../transport/clock.ts'

/** The time from one start of the BMC to the next: what waits when it restarts is forgotten. */
export class Uptime {
  readonly #clock: Clock
  #starts = 0
  /** When the last restart ends. */
  #upAtMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The BMC is restarting, and answers nothing. */
  get isDown(): boolean {
    return this.#upAtMs !== undefined && this.#clock.nowMs() < this.#upAtMs
  }

  restart(downMs: number): void {
    this.#starts++
    this.#upAtMs = this.#clock.nowMs() + downMs
  }

  /** Runs at once if `ms` is undefined, else after it, unless the BMC restarts before. */
  after(ms: number | undefined, run: () => void): void {
    if (ms === undefined) run()
    else this.#clock.after(ms, this.unlessRestarted(run))
  }

  /** `run`, or nothing from the next restart on. */
  unlessRestarted<Arguments extends unknown[]>(run: (...args: Arguments) => void): (...args: Arguments) => void {
    const start = this.#starts
    return (...args) => {
      if (this.#starts === start) run(...args)
    }
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longest work without a break. */
const WORK_MS = 20

/** Breaks of a long loop, so that other requests are answered meanwhile. */
export class Pace {
  #beganMs = performance.now()

  /** Must be awaited in each round of the loop. */
  async step(): Promise<void> {
    if (performance.now() - this.#beganMs < WORK_MS) return
    await nextTurn()
    this.#beganMs = performance.now()
  }
}

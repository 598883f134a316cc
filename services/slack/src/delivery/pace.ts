/** How far a pace goes down where Slack says that it is too fast, in times of the one that was set. */
const SLOWEST = 4
/** Where no pace was set, it begins here once Slack has said so; milliseconds. */
const LEAST_MS = 50

/** Milliseconds between two messages to one channel: more after each 429, back to what was set as they are taken. */
export class Pace {
  #factor = 1

  gapMs(setMs: number): number {
    return this.#factor === 1 ? setMs : Math.max(setMs, LEAST_MS) * this.#factor
  }

  limited(): void {
    this.#factor = Math.min(SLOWEST, this.#factor * 1.5)
  }

  taken(): void {
    this.#factor = Math.max(1, this.#factor * 0.9)
    if (this.#factor < 1.05) this.#factor = 1
  }
}

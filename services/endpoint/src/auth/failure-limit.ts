/** Refuses attempts after `most` failures within `windowMs`. */
export class FailureLimit {
  readonly #most: number
  readonly #windowMs: number
  #failuresMs: number[] = []

  constructor(most: number, windowMs: number) {
    this.#most = most
    this.#windowMs = windowMs
  }

  /** Milliseconds until the next attempt is allowed; 0 where it is allowed now. */
  waitMs(nowMs: number): number {
    this.#failuresMs = this.#failuresMs.filter((atMs) => nowMs - atMs < this.#windowMs)
    const [oldest] = this.#failuresMs
    return oldest === undefined || this.#failuresMs.length < this.#most ? 0 : oldest + this.#windowMs - nowMs
  }

  fail(nowMs: number): void {
    this.#failuresMs.push(nowMs)
  }
}

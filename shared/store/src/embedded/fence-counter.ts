/** How far ahead of use numbers are reserved: one write to the disk per minute of use is enough. */
const RESERVED = 60_000

/**
 * Numbers that only grow, also over restarts: at least the wall clock in milliseconds, and always above what was reserved
 * on disk before, so that neither a clock that goes back nor a lost file makes an old number look new.
 */
export class FenceCounter {
  readonly #reserve: (ceiling: number) => Promise<void>
  #last: number
  #ceiling: number
  #reserving: Promise<void> | undefined

  /** `ceiling`: what was reserved last; every number up to it may have been given out. */
  constructor(ceiling: number, reserve: (ceiling: number) => Promise<void>) {
    this.#last = ceiling
    this.#ceiling = ceiling
    this.#reserve = reserve
  }

  async next(): Promise<number> {
    this.#last = Math.max(this.#last + 1, Date.now())
    const number = this.#last
    while (number > this.#ceiling) {
      this.#reserving ??= this.#raise(number + RESERVED)
      await this.#reserving
    }
    return number
  }

  async #raise(ceiling: number): Promise<void> {
    try {
      await this.#reserve(ceiling)
      this.#ceiling = ceiling
    } finally {
      this.#reserving = undefined
    }
  }
}

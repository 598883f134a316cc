/** Pauses that double from `firstMs` up to `mostMs`, each with a random half taken off, so that many do not come at once. */
export class Jitter {
  readonly #firstMs: number
  readonly #mostMs: number
  readonly #random: () => number
  #pauseMs: number

  constructor(firstMs: number, mostMs: number, random: () => number = Math.random) {
    this.#firstMs = firstMs
    this.#mostMs = mostMs
    this.#random = random
    this.#pauseMs = firstMs
  }

  next(): number {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(pauseMs * 2, this.#mostMs)
    return pauseMs * (0.5 + this.#random() / 2)
  }

  reset(): void {
    this.#pauseMs = this.#firstMs
  }
}

export interface RestartLimits {
  /** Wait before the first restart, in milliseconds; doubled each time. */
  readonly firstMs: number
  readonly capMs: number
  /** How many failed runs in a row are too many. */
  readonly attempts: number
  /** A run that lasted this long was no failure. */
  readonly healthyMs: number
}

export const defaultRestartLimits: RestartLimits = { firstMs: 250, capMs: 30_000, attempts: 8, healthyMs: 60_000 }

/** Counts runs that failed one after the other. */
export class Backoff {
  readonly #limits: RestartLimits
  #failures = 0

  constructor(limits: RestartLimits) {
    this.#limits = limits
  }

  get failures(): number {
    return this.#failures
  }

  /** Milliseconds to wait before the next run; undefined to give up. */
  next(ranMs: number): number | undefined {
    this.#failures = ranMs >= this.#limits.healthyMs ? 1 : this.#failures + 1
    if (this.#failures >= this.#limits.attempts) return undefined
    return Math.min(this.#limits.capMs, this.#limits.firstMs * 2 ** (this.#failures - 1))
  }
}

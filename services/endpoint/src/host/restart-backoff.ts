import { type Backoff, backoffMs } from '@powerbus/turns'

export interface RestartLimits extends Backoff {
  /** Failed runs in a row after which the plugin is given up. */
  readonly attempts: number
  /** A run that lasted this many milliseconds was no failure. */
  readonly healthyMs: number
}

export const defaultRestartLimits: RestartLimits = { firstMs: 250, mostMs: 30_000, attempts: 8, healthyMs: 60_000 }

/** Counts failed runs in a row. */
export class RestartBackoff {
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
    return this.#failures >= this.#limits.attempts ? undefined : backoffMs(this.#limits, this.#failures)
  }
}

import type { Backoff } from '@powerbus/turns'

/** How a plugin that fails is restarted. */
export interface RestartLimits extends Backoff {
  /** Failed runs in a row after which the plugin is given up. */
  readonly attempts: number
  /** A run that lasted this many milliseconds was no failure. */
  readonly healthyMs: number
}

export const defaultRestartLimits: RestartLimits = { firstMs: 250, mostMs: 30_000, attempts: 8, healthyMs: 60_000 }

import type { Clock, Store } from '@powerbus/store'

/** What all parts of the coordinator know. */
export interface Replica {
  readonly store: Store
  readonly clock: Clock
  readonly name: string
  readonly lockTtlMs: number
  readonly resultsKeptMs: number
  readonly notice: (message: string) => void
}

/** The answer does not wait for it: a lock that cannot be freed runs out by itself. */
export function letGo(replica: Replica, lock: { release(): Promise<boolean> }, key: string): void {
  lock.release().catch((error: unknown) => replica.notice(`the lock of ${key} could not be freed: ${String(error)}`))
}

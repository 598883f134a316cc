import type { Json } from '../json.ts'

export interface LockRequest {
  readonly key: string
  /** Told to those who wait. Must hold no secret. */
  readonly owner: Json
  /** Milliseconds, from 100 to a day, after which the lock of a holder that is dead or cut off is free for others. */
  readonly ttlMs: number
  /** Longest wait in milliseconds; with 0 it is asked for once, and takes no place in the line. */
  readonly waitMs: number
  readonly signal?: AbortSignal
}

export interface LockHolder {
  readonly owner: Json
  /** Wall clock of the store, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** Which grant of a lock a write belongs to. */
export interface Fence {
  /** The lock's. */
  readonly key: string
  /**
   * Grows with every grant of this key, also over restarts: above every number that a kept value can know of. At least the store's
   * wall clock in milliseconds, whatever was lost.
   */
  readonly number: number
}

/**
 * A lock that was granted. It is renewed three times per `ttlMs` by itself, and more often while that fails. It is lost where the
 * store says so, or where no renewal was confirmed for almost `ttlMs`: from then on somebody else may have it.
 */
export interface Lock {
  readonly fence: Fence
  /** Aborted with LOCK_LOST when it is lost; a process that was frozen notices when it thaws. */
  readonly lost: AbortSignal
  /** Throws LOCK_LOST unless it is known to be ours at this moment. Asks nobody: by this process's monotonic clock. */
  assertHeld(): void
  /** Frees it for the next in line. False where it was lost before. May be called twice. */
  release(): Promise<boolean>
}

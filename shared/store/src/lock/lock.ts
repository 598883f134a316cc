import type { Json } from '../json.ts'

export interface LockRequest {
  readonly key: string
  /** Shown to callers that wait or are refused. Must contain no secret. */
  readonly owner: Json
  /** Milliseconds, 100 to 86,400,000 (a day), until the lock of a dead or disconnected holder is free. */
  readonly ttlMs: number
  /** Longest wait in milliseconds. With 0 there is one attempt, and no place in the line. */
  readonly waitMs: number
  readonly signal?: AbortSignal
  /** Booked in the same step in which the lock is granted, as `Store.takeSlot` books it. Both keys must be of one group. */
  readonly slot?: SlotRequest
}

export interface SlotRequest {
  readonly key: string
  /** As in `Store.takeSlot`. */
  readonly gapMs: number
}

export interface LockHolder {
  readonly owner: Json
  /** Wall clock of the store, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** Names one grant of a lock. A write that carries an older fence than the newest grant is refused. */
export interface Fence {
  /** Key of the lock. */
  readonly key: string
  /**
   * Grows with every grant of this key, also over restarts: it is above every number in a stored value. It is at least
   * the store's wall clock in milliseconds, even after a loss of data.
   */
  readonly number: number
}

/**
 * A granted lock. It renews itself three times per `ttlMs`, and more often while renewals fail. It is lost if the store
 * says so, or if no renewal was confirmed for almost `ttlMs`: from then on another caller may hold it.
 */
export interface Lock {
  readonly fence: Fence
  /** Milliseconds from the grant until the slot of the request begins; 0 where it named none. */
  readonly slotWaitMs: number
  /** Aborted with LOCK_LOST when the lock is lost. A process that was stopped notices it when it continues. */
  readonly lost: AbortSignal
  /** Throws LOCK_LOST unless the lock is still held by this process's monotonic clock. Does not ask the store. */
  assertHeld(): void
  /**
   * Releases the lock for the next caller in line. False if it was lost before. A second call returns the same result.
   */
  release(): Promise<boolean>
}

import type { LockHolder } from './lock/lock.ts'

/**
 * STORE_UNAVAILABLE: the write failed, or its outcome is unknown (disk full, I/O error, server unreachable or too
 * slow); the same call may succeed later. STORE_CORRUPT: the files on disk, or a value in Redis, are damaged; nothing was
 * changed.
 * STORE_LOCKED: another process has the store open. STORE_CLOSED: the store was closed. STORE_INPUT: a key, value or
 * option is outside its limits. STORE_FENCED: the write carried the fence of a lock that has been granted again since;
 * nothing was written. LOCK_HELD: the lock did not become free in time. LOCK_LOST: this process held the lock and lost
 * it.
 */
export type StoreErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'STORE_CORRUPT'
  | 'STORE_LOCKED'
  | 'STORE_CLOSED'
  | 'STORE_INPUT'
  | 'STORE_FENCED'
  | 'LOCK_HELD'
  | 'LOCK_LOST'

/** The error class of the store. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}

/** LOCK_HELD with the holder, or with the next caller in line if the lock is just being passed on. */
export class LockHeldError extends StoreError {
  readonly holder: LockHolder

  constructor(key: string, holder: LockHolder) {
    super('LOCK_HELD', `the lock ${key} has been held since ${new Date(holder.sinceMs).toISOString()}`)
    this.name = 'LockHeldError'
    this.holder = holder
  }
}

import type { LockHolder } from './lock/lock.ts'

/**
 * STORE_UNAVAILABLE: the write was not taken, or it is not known whether it was (disk full, I/O error, server away or too
 * slow); the same call may succeed later.
 * STORE_CORRUPT: what is on disk cannot be trusted; nothing was changed. STORE_LOCKED: another process has it open.
 * STORE_CLOSED: after close. STORE_INPUT: a key, value or option outside the limits.
 * STORE_FENCED: the write carried a fence, and its lock has passed to somebody else since; nothing was written.
 * LOCK_HELD: the lock did not become free in time. LOCK_LOST: it was ours, and is not any more.
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

export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}

/** LOCK_HELD, with who holds it (or is the next in line, where it is just being passed on). */
export class LockHeldError extends StoreError {
  readonly holder: LockHolder

  constructor(key: string, holder: LockHolder) {
    super('LOCK_HELD', `${key} is held since ${new Date(holder.sinceMs).toISOString()}`)
    this.name = 'LockHeldError'
    this.holder = holder
  }
}

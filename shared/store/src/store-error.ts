/**
 * STORE_UNAVAILABLE: the write was not taken (disk full, I/O error); the same call may succeed later.
 * STORE_CORRUPT: what is on disk cannot be trusted; nothing was changed. STORE_LOCKED: another process has it open.
 * STORE_CLOSED: after close. STORE_INPUT: a key or value outside the limits.
 */
export type StoreErrorCode = 'STORE_UNAVAILABLE' | 'STORE_CORRUPT' | 'STORE_LOCKED' | 'STORE_CLOSED' | 'STORE_INPUT'

export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}

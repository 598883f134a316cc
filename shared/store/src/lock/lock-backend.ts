import type { Json } from '../json.ts'
import type { LockHolder } from './lock.ts'

export interface Attempt {
  readonly key: string
  /** Identifies the caller, in every attempt and in the lock that it gets. */
  readonly token: string
  readonly owner: Json
  readonly ttlMs: number
  /** Whether to take or keep a place in the line if the lock is not free. */
  readonly queue: boolean
}

export interface Granted {
  readonly fence: number
}

export interface Refused {
  readonly holder: LockHolder
  /** Number of callers before this one in the line; 0 for the next one. */
  readonly before: number
}

/** The lock operations of a driver. Each call is one atomic step, and may be repeated with the same token. */
export interface LockBackend {
  acquire(attempt: Attempt): Promise<Granted | Refused>
  /** Extends the lock by `ttlMs` from now. False if this token does not hold the lock any more. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean>
  /** Releases the lock or the place in the line. False if this token did not hold the lock. */
  release(key: string, token: string): Promise<boolean>
  /**
   * Resolves after `delayMs`, or earlier when another attempt may succeed. Rejects with the signal's reason on abort.
   */
  pause(key: string, token: string, delayMs: number, signal: AbortSignal | undefined): Promise<void>
}

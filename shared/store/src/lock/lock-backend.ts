import type { Clock } from '../clock.ts'
import type { Json } from '../json.ts'
import type { LockHolder, SlotRequest } from './lock.ts'

export interface Attempt {
  readonly key: string
  /** Identifies the caller, in every attempt and in the lock that it gets. */
  readonly token: string
  readonly owner: Json
  readonly ttlMs: number
  /** Whether to take or keep a place in the line if the lock is not free. */
  readonly queue: boolean
  /** Booked with the grant. A repeated attempt that finds its grant books no second one. */
  readonly slot?: SlotRequest | undefined
}

/** Of one who waits in the line for a lock. */
export interface Place {
  readonly key: string
  readonly token: string
  /** Milliseconds. */
  readonly leftMs: number
  readonly pollMs: number
}

export interface Granted {
  readonly fence: number
  /** Milliseconds until the slot begins; 0 without one. */
  readonly slotWaitMs: number
}

export interface Refused {
  readonly holder: LockHolder
  /** Number of callers before this one in the line; 0 for the next one. */
  readonly before: number
}

/** The lock operations of a driver. Each call is one atomic step, and may be repeated with the same token. */
export interface LockBackend {
  readonly clock: Clock
  acquire(attempt: Attempt): Promise<Granted | Refused>
  /** Extends the lock by `ttlMs` from now. False if this token does not hold the lock any more. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean>
  /** Releases the lock or the place in the line. False if this token did not hold the lock. */
  release(key: string, token: string): Promise<boolean>
  /**
   * Resolves when another attempt may succeed, and after `leftMs` at the latest; a driver that cannot know tries again
   * after `pollMs`. Rejects with the signal's reason on abort.
   */
  pause(place: Place, signal?: AbortSignal): Promise<void>
}

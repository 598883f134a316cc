import type { Clock } from '../clock.ts'
import type { Json } from '../json.ts'
import type { LockHolder } from './lock.ts'

export interface Attempt {
  readonly key: string
  /** Names the one who asks; the same for every attempt and for the lock that comes of them. */
  readonly token: string
  readonly owner: Json
  readonly ttlMs: number
  /** Whether to take (or keep) a place in the line where it is not free. */
  readonly queue: boolean
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
}

export interface Refused {
  readonly holder: LockHolder
  /** How many are before this one in the line; 0 for the next. */
  readonly before: number
}

/** What a driver must be able to do for `takeLock`. Every call is one atomic step, and may be repeated with the same token. */
export interface LockBackend {
  readonly clock: Clock
  acquire(attempt: Attempt): Promise<Granted | Refused>
  /** False where it is not held by this token any more. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean>
  /** Gives up the lock, or the place in the line. False where the lock was not held by this token. */
  release(key: string, token: string): Promise<boolean>
  /**
   * Ends where another attempt may succeed, and after `leftMs` at the latest; a driver that cannot know tries again after `pollMs`.
   * Rejects with the signal's reason.
   */
  pause(place: Place, signal?: AbortSignal): Promise<void>
}

import { randomUUID } from 'node:crypto'
import { LockHeldError, StoreError } from '../store-error.ts'
import { HeldLock } from './held-lock.ts'
import type { Lock, LockRequest } from './lock.ts'
import type { LockBackend, Refused } from './lock-backend.ts'

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200
/** Added per caller before this one in the line, so that later callers ask less often. */
const PAUSE_PER_PLACE_MS = 50
const LONGEST_PAUSE_IN_LINE_MS = 1000

/**
 * Asks for a lock until it is granted, `waitMs` has passed or the signal is aborted. A store that cannot be reached at
 * first is an error at once. Later it is asked again with the same token, because the lost answer may have been the
 * grant. Rejects with LOCK_HELD, the store's error, or the signal's reason.
 */
export async function takeLock(backend: LockBackend, request: LockRequest): Promise<Lock> {
  const { key, owner, ttlMs, waitMs, signal, slot } = request
  const token = randomUUID()
  const { clock } = backend
  const endMs = clock.nowMs() + waitMs
  try {
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted()
      const askedMs = clock.nowMs()
      const answer = await unlessAway(backend.acquire({ key, token, owner, ttlMs, queue: waitMs > 0, slot }))
      if ('fence' in answer) {
        signal?.throwIfAborted()
        return new HeldLock(backend, { key, token, ttlMs, askedMs, ...answer })
      }
      const leftMs = endMs - clock.nowMs()
      if (leftMs <= 0 || (attempt === 0 && answer instanceof StoreError))
        throw answer instanceof StoreError ? answer : new LockHeldError(key, answer.holder)
      await backend.pause({ key, token, leftMs, pollMs: pollMs(attempt, answer) }, signal)
    }
  } catch (error) {
    // Not awaited: if the store is unreachable, the place and the lock expire by themselves.
    backend.release(key, token).catch(() => false)
    throw error
  }
}

/** The answer, or the error STORE_UNAVAILABLE, which may pass. Throws any other error. */
async function unlessAway<T>(answer: Promise<T>): Promise<T | StoreError> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STORE_UNAVAILABLE') return error
    throw error
  }
}

/** Jitter takes up to half, so that callers refused together do not ask again together. */
function pollMs(attempt: number, answer: Refused | StoreError): number {
  const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.5 ** attempt)
  const places = answer instanceof StoreError ? 0 : answer.before
  const most = Math.min(LONGEST_PAUSE_IN_LINE_MS, grown + places * PAUSE_PER_PLACE_MS)
  return most * (0.5 + Math.random() / 2)
}

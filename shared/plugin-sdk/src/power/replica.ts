import { type Clock, type Lock, LockHeldError, type LockRequest, type Store, StoreError } from '@powerbus/store'
import { abortError } from './abort.ts'
import { ofStore } from './store-failure.ts'

/** What all parts of the coordinator know. */
export interface Replica {
  readonly store: Store
  readonly clock: Clock
  /** For people. */
  readonly name: string
  /** Milliseconds after which what a dead or cut-off replica holds is free for others, from 100. */
  readonly lockTtlMs: number
  /** Told of what an operator should know: a lock that could not be freed, a result that could not be recorded. */
  readonly onNotice: (message: string) => void
}

export interface LockClaim extends Omit<LockRequest, 'ttlMs'> {
  /** For people; the key where absent. */
  readonly name?: string
}

/**
 * Runs `work` under the lock, or `busy` with the owner where somebody else keeps it. The end does not wait for the release: a lock
 * that cannot be freed runs out by itself.
 */
export async function underLock<T>(
  { store, lockTtlMs, onNotice }: Replica,
  { name, ...request }: LockClaim,
  work: (lock: Lock) => Promise<T>,
  busy: (held: LockHeldError) => T,
): Promise<T> {
  const { key, signal } = request
  let lock: Lock
  try {
    lock = await store.lock({ ...request, ttlMs: lockTtlMs })
  } catch (error) {
    if (error instanceof LockHeldError) return busy(error)
    if (signal?.aborted && !(error instanceof StoreError)) throw abortError(signal, `waiting for ${name ?? key}`)
    throw ofStore(error)
  }
  try {
    return await work(lock)
  } finally {
    lock
      .release()
      .catch((error: unknown) => onNotice(`the lock of ${name ?? key} could not be freed: ${String(error)}`))
  }
}

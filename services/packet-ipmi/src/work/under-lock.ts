import { LockHeldError } from '@powerbus/store'
import type { Means, StepMeans } from '../creation/means.ts'

/**
 * Does the work under the lock, unless another replica has it. The calls of the work end when the lock is lost or
 * `ended` is aborted. Throws the work's error, and a StoreError if the lock cannot be taken or released.
 */
export async function underLock(
  key: string,
  means: Means,
  ended: AbortSignal,
  work: (means: StepMeans) => Promise<void>,
): Promise<void> {
  const { records, owner, times } = means
  const asked = { key, owner, ttlMs: times.lockMs, waitMs: 0, signal: ended }
  const lock = await records.store.lock(asked).catch((error: unknown) => {
    if (!(error instanceof LockHeldError)) throw error
  })
  if (!lock) return
  const call = { signal: AbortSignal.any([ended, lock.lost]), timeoutMs: times.callMs }
  try {
    await work({ ...means, held: lock, call })
  } finally {
    await lock.release()
  }
}

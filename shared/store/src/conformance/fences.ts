import { equal, ok, rejects } from 'node:assert/strict'
import type { Fence } from '../lock/lock.ts'
import type { Store } from '../store.ts'
import type { ConformanceCase } from './case.ts'

/** The fences of two successive grants of a lock. */
async function oldAndNew(store: Store, key: string): Promise<[old: Fence, fresh: Fence]> {
  const fences: Fence[] = []
  for (const owner of ['old', 'new']) {
    const lock = await store.lock({ key, owner, ttlMs: 10_000, waitMs: 0 })
    fences.push(lock.fence)
    await lock.release()
  }
  const [old, fresh] = fences
  ok(old && fresh && old.number < fresh.number)
  return [old, fresh]
}

export const fenceCases: readonly ConformanceCase[] = [
  {
    name: 'a write with an old fence is refused and changes nothing',
    async run(store) {
      const [old, fresh] = await oldAndNew(store, 'bmc')
      await store.set('bmc', 'new', { fence: fresh })
      await rejects(store.set('bmc', 'old', { fence: old }), { code: 'STORE_FENCED' })
      await rejects(store.compareAndSet('bmc', 'new', 'old', { fence: old }), { code: 'STORE_FENCED' })
      await rejects(store.delete('bmc', { fence: old }), { code: 'STORE_FENCED' })
      await rejects(store.takeSlot('bmc', 1000, { fence: old }), { code: 'STORE_FENCED' })
      equal(await store.get('bmc'), 'new')
      equal(await store.takeSlot('bmc', 1000, { fence: fresh }), 0)
      equal(await store.compareAndSet('bmc', 'new', 'newer', { fence: fresh }), true)
      equal(await store.delete('bmc', { fence: fresh }), true)
      await store.set('bmc', 'anybody')
    },
  },
  {
    name: 'a fence is valid for the keys of its group only',
    async run(store) {
      const [old, fresh] = await oldAndNew(store, 'bmc/{10.0.0.1}')
      await store.set('state/{10.0.0.1}', 1, { fence: fresh })
      await rejects(store.set('{10.0.0.1}/other', 1, { fence: old }), { code: 'STORE_FENCED' })
      await rejects(store.set('state/{10.0.0.2}', 1, { fence: fresh }), { code: 'STORE_INPUT' })
      await rejects(store.takeSlot('state', 1, { fence: fresh }), { code: 'STORE_INPUT' })
    },
  },
  {
    name: 'writes without a fence and writes of the holder both succeed',
    async run(store) {
      const lock = await store.lock({ key: 'bmc', owner: 'a', ttlMs: 10_000, waitMs: 0 })
      await Promise.all([store.set('bmc', 1, { fence: lock.fence }), store.set('other', 2)])
      await lock.release()
      await store.set('bmc', 3, { fence: lock.fence })
      equal(await store.get('bmc'), 3)
    },
  },
]

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { type ConformanceCase, entries, eventually } from './case.ts'

/** Short enough to wait for. */
const SHORT_MS = 300
/** Longer than a slow disk delays a write. */
const HELD_UP_MS = 3_000
const LONG_MS = 3_600_000

export const timeCases: readonly ConformanceCase[] = [
  {
    name: 'a value with a time to live expires in get, scan, delete and compareAndSet',
    async run(store) {
      await store.set('short', 1, { ttlMs: SHORT_MS })
      equal(await store.compareAndSet('shorter', undefined, 2, { ttlMs: SHORT_MS }), true)
      await store.set('long', 3, { ttlMs: LONG_MS })
      equal(await store.get('long'), 3)
      await eventually('both are gone', async () => Object.keys(await entries(store, '')).length === 1)
      equal(await store.get('short'), undefined)
      equal(await store.delete('short'), false)
      equal(await store.compareAndSet('shorter', undefined, 4), true)
      deepEqual(await entries(store, ''), { long: 3, shorter: 4 })
    },
  },
  {
    name: 'a write replaces the time to live; without ttlMs the value never expires',
    async run(store) {
      await store.set('stays', 1, { ttlMs: HELD_UP_MS })
      await store.set('stays', 1)
      equal(await store.compareAndSet('also', undefined, 1, { ttlMs: HELD_UP_MS }), true)
      equal(await store.compareAndSet('also', 1, 1), true)
      await store.set('goes', 1, { ttlMs: HELD_UP_MS })
      await eventually('the value with a time to live is gone', async () => (await store.get('goes')) === undefined)
      deepEqual([await store.get('stays'), await store.get('also')], [1, 1])
    },
  },
  {
    name: 'a time to live out of range is refused',
    async run(store) {
      for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await rejects(store.set('a', 1, { ttlMs }), { code: 'STORE_INPUT' })
      }
    },
  },
  {
    name: 'slots of one row are one gap apart, and rows are independent',
    async run(store) {
      const waits = await Promise.all(Array.from({ length: 10 }, () => store.takeSlot('row', 60_000)))
      const sorted = waits.sort((a, b) => a - b)
      equal(sorted[0], 0)
      // Time passes while the slots are booked, so a wait may be shorter than the sum of the gaps.
      for (const [index, waitMs] of sorted.entries()) {
        ok(waitMs <= index * 60_000 && waitMs >= index * 60_000 - 20_000, `${waitMs}`)
      }
      equal(await store.takeSlot('other', 60_000), 0)
      equal(await store.get('row'), undefined)
    },
  },
  {
    name: 'a slot is free again after its gap, and a gap of 0 never waits',
    async run(store) {
      equal(await store.takeSlot('row', 50), 0)
      await new Promise((resolve) => setTimeout(resolve, 120))
      equal(await store.takeSlot('row', 50), 0)
      equal(await store.takeSlot('row', 0), 0)
      for (const gapMs of [-1, Number.NaN, 3_600_001]) {
        await rejects(store.takeSlot('row', gapMs), { code: 'STORE_INPUT' })
      }
    },
  },
]

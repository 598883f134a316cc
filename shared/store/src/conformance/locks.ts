import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import type { Lock } from '../lock/lock.ts'
import type { Store } from '../store.ts'
import { LockHeldError } from '../store-error.ts'
import { type ConformanceCase, eventually } from './case.ts'

const TTL_MS = 600
const WAIT_MS = 20_000

function lock(store: Store, key: string, owner: string, waitMs = 0): Promise<Lock> {
  return store.lock({ key, owner, ttlMs: TTL_MS, waitMs })
}

export const lockCases: readonly ConformanceCase[] = [
  {
    name: 'a lock has one holder, and a refused caller learns the owner and since when',
    async run(store) {
      const before = Date.now()
      const held = await lock(store, 'bmc', 'a')
      await rejects(lock(store, 'bmc', 'b'), (error) => {
        ok(error instanceof LockHeldError)
        equal(error.code, 'LOCK_HELD')
        equal(error.holder.owner, 'a')
        ok(Math.abs(error.holder.sinceMs - before) < 60_000)
        return true
      })
      const other = await lock(store, 'other', 'b')
      equal(await other.release(), true)
      equal(await held.release(), true)
      equal(await held.release(), true)
      await (await lock(store, 'bmc', 'b')).release()
    },
  },
  {
    name: 'a lock and the value of the same key are independent, and a scan does not show the lock',
    async run(store) {
      const held = await lock(store, 'both', 'a')
      await store.set('both', 1)
      let seen = 0
      for await (const { key } of store.scan('')) {
        equal(key, 'both')
        seen += 1
      }
      equal(seen, 1)
      await store.delete('both')
      held.assertHeld()
      await held.release()
    },
  },
  {
    name: 'waiting callers get the lock in order of arrival',
    async run(store) {
      const order: number[] = []
      const held = await lock(store, 'bmc', 'first')
      const waiters: Promise<void>[] = []
      for (let n = 0; n < 5; n += 1) {
        const turn = lock(store, 'bmc', `${n}`, WAIT_MS).then(async (mine) => {
          order.push(n)
          await mine.release()
        })
        waiters.push(turn)
        // The next caller must arrive after this one.
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
      await held.release()
      await Promise.all(waiters)
      deepEqual(order, [0, 1, 2, 3, 4])
    },
  },
  {
    name: 'a lock never has two holders, and each grant has a higher fence',
    async run(store) {
      let inside = 0
      const fences: number[] = []
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const mine = await lock(store, 'bmc', `${n}`, WAIT_MS)
          inside += 1
          equal(inside, 1)
          fences.push(mine.fence.number)
          await store.get('bmc')
          inside -= 1
          await mine.release()
        }),
      )
      deepEqual(
        fences,
        [...new Set(fences)].sort((a, b) => a - b),
      )
      equal(fences.length, 20)
    },
  },
  {
    name: 'a held lock is renewed until it is released',
    async run(store) {
      const held = await lock(store, 'bmc', 'a')
      await rejects(lock(store, 'bmc', 'b', TTL_MS * 3), { code: 'LOCK_HELD' })
      held.assertHeld()
      equal(held.lost.aborted, false)
      equal(await held.release(), true)
    },
  },
  {
    name: 'a caller that aborts its wait leaves the line',
    async run(store) {
      const held = await lock(store, 'bmc', 'a')
      const caller = new AbortController()
      const given = store.lock({ key: 'bmc', owner: 'b', ttlMs: TTL_MS, waitMs: WAIT_MS, signal: caller.signal })
      const reason = new Error('the caller hung up')
      setTimeout(() => caller.abort(reason), 50)
      await rejects(given, reason)
      await held.release()
      await (await lock(store, 'bmc', 'c', WAIT_MS)).release()
    },
  },
  {
    name: 'a new caller does not overtake a waiting one',
    async run(store) {
      const held = await lock(store, 'bmc', 'a')
      let turn: Lock | undefined
      const waiting = lock(store, 'bmc', 'b', WAIT_MS).then((mine) => {
        turn = mine
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
      const released = held.release()
      await rejects(lock(store, 'bmc', 'c'), { code: 'LOCK_HELD' })
      await released
      await waiting
      await turn?.release()
    },
  },
  {
    name: 'lock and slot keys may have all characters, but braces must be a pair',
    async run(store) {
      for (const key of ['{a}b', 'a{b}', 'line\nbreak', '*?[x]', 'ä/ü']) {
        const held = await lock(store, key, 'a')
        await rejects(lock(store, key, 'b'), { code: 'LOCK_HELD' })
        await held.release()
      }
      for (const key of ['{', '}', '{}', '}{', '']) await rejects(lock(store, key, 'a'), { code: 'STORE_INPUT' })
      await rejects(store.takeSlot('{', 1), { code: 'STORE_INPUT' })
      await rejects(store.lock({ key: 'a', owner: 1, ttlMs: 1, waitMs: 0 }), { code: 'STORE_INPUT' })
    },
  },
  {
    name: 'a holder whose process stood still for longer than the time to live learns that the lock is lost',
    async run(store) {
      const held = await lock(store, 'bmc', 'a')
      const endMs = performance.now() + TTL_MS + 50
      while (performance.now() < endMs) held.fence.key.length
      let code: unknown
      try {
        held.assertHeld()
      } catch (error) {
        code = (error as { code?: unknown }).code
      }
      equal(code, 'LOCK_LOST')
      equal(held.lost.aborted, true)
      await eventually('it is free', () =>
        lock(store, 'bmc', 'b').then(
          async (next) => next.release(),
          () => false,
        ),
      )
      equal(await held.release(), false)
    },
  },
  {
    name: 'a lock that has run out is not renewed, though nobody has taken it since',
    async run(store) {
      const held = await lock(store, 'bmc', 'a')
      // Renewals come to nothing while the process stands still; the first one after it is late.
      const endMs = performance.now() + TTL_MS + 50
      while (performance.now() < endMs) held.fence.key.length
      await eventually('its holder knows', () => held.lost.aborted)
      const next = await lock(store, 'bmc', 'b')
      await store.set('bmc', 'b', { fence: next.fence })
      await rejects(store.set('bmc', 'a', { fence: held.fence }), { code: 'STORE_FENCED' })
      await next.release()
    },
  },
  {
    name: 'a slot is booked in the step in which its lock is granted, and by no refused caller',
    async run(store) {
      const gapMs = 60_000
      const request = { key: 'bmc/{a}', owner: 'a', ttlMs: TTL_MS, waitMs: 0, slot: { key: 'bmc/{a}/row', gapMs } }
      const first = await store.lock(request)
      equal(first.slotWaitMs, 0)
      await rejects(store.lock(request), { code: 'LOCK_HELD' })
      await first.release()
      const second = await store.lock(request)
      ok(second.slotWaitMs > gapMs / 2 && second.slotWaitMs <= gapMs, `${second.slotWaitMs}`)
      await second.release()
      const third = await store.takeSlot('bmc/{a}/row', gapMs)
      ok(third > 1.5 * gapMs && third <= 2 * gapMs, `${third}`)
      equal((await lock(store, 'bmc/{a}', 'a')).slotWaitMs, 0)
      await rejects(store.lock({ ...request, slot: { key: 'bmc/{b}/row', gapMs } }), { code: 'STORE_INPUT' })
      await rejects(store.lock({ ...request, slot: { ...request.slot, gapMs: -1 } }), { code: 'STORE_INPUT' })
    },
  },
]

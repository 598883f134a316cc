import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { FenceCounter } from '../src/embedded/fence-counter.ts'
import { EmbeddedStore } from '../src/index.ts'

const MINUTE_MS = 60_000

test('times to live survive a restart and a compaction', async (t) => {
  const folder = tempFolder(t)
  for (const compactBytes of [1_000_000, 1]) {
    const store = await EmbeddedStore.open({ folder, compactBytes })
    await store.set('short', 1, { ttlMs: 200 })
    await store.set('long', 2, { ttlMs: MINUTE_MS })
    await store.close()
    const again = await EmbeddedStore.open({ folder })
    t.equal(await again.get('long'), 2)
    await new Promise((resolve) => setTimeout(resolve, 250))
    t.equal(await again.get('short'), undefined)
    await again.close()
  }
})

test('compaction drops expired values', async (t) => {
  const folder = tempFolder(t)
  const store = await EmbeddedStore.open({ folder, compactBytes: 2000 })
  for (let n = 0; n < 20; n += 1) await store.set(`gone-${n}`, 'x'.repeat(50), { ttlMs: 1 })
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (let n = 0; n < 30; n += 1) await store.set('stays', 'y'.repeat(100 + n))
  await store.close()
  const names = await readdir(folder)
  const text = (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
  t.notMatch(text, /gone-/)
  t.match(text, /stays/)
})

test('fences grow over restarts, also where the clock goes back by less than a minute', async (t) => {
  const folder = tempFolder(t)
  const numbers: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const store = await EmbeddedStore.open({ folder })
    const lock = await store.lock({ key: 'bmc', owner: round, ttlMs: 1000, waitMs: 0 })
    numbers.push(lock.fence.number)
    for await (const { key } of store.scan('')) t.fail(`${key} is nobody's`)
    await store.close()
  }
  for (const [index, number] of numbers.entries()) t.ok(index === 0 || number > (numbers[index - 1] ?? 0) + 1000)
})

test('numbers are reserved on disk before they are given out, and a write that fails gives none', async (t) => {
  const reserved: number[] = []
  const counter = new FenceCounter(Date.now() + 10 * MINUTE_MS, async (ceiling) => {
    reserved.push(ceiling)
  })
  const first = await counter.next()
  t.ok(first > Date.now() + 9 * MINUTE_MS, 'above what another process may have given out')
  const many = await Promise.all(Array.from({ length: 1000 }, () => counter.next()))
  t.equal(new Set(many).size, 1000)
  t.equal(reserved.length, 1)
  t.ok(many.every((number) => number <= (reserved[0] ?? 0)))
  const late = new FenceCounter(0, async () => {
    throw new Error('disk full')
  })
  await t.rejects(late.next(), /disk full/)
})

test('closing the store rejects the callers that wait for a lock', async (t) => {
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  const held = await store.lock({ key: 'bmc', owner: 'a', ttlMs: 1000, waitMs: 0 })
  const waiting = store.lock({ key: 'bmc', owner: 'b', ttlMs: 1000, waitMs: 60_000 })
  const refused = t.rejects(waiting, { code: 'STORE_CLOSED' })
  await store.close()
  await refused
  t.equal(await held.release(), true)
})

import { copyFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder, VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { EmbeddedStore, systemClock } from '../src/index.ts'

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

test('fences grow over restarts even if the clock goes back', async (t) => {
  const folder = tempFolder(t)
  const clock = new VirtualClock()
  const numbers: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const backMs = round * MINUTE_MS
    const store = await EmbeddedStore.open({ folder, clock: { ...systemClock, dateMs: () => clock.dateMs() - backMs } })
    const lock = await store.lock({ key: 'bmc', owner: round, ttlMs: 1000, waitMs: 0 })
    numbers.push(lock.fence.number)
    for await (const { key } of store.scan('')) t.fail(`${key} is nobody's`)
    await store.close()
  }
  for (const [index, number] of numbers.entries()) t.ok(index === 0 || number > (numbers[index - 1] ?? 0))
})

test('a fence in a stored value is not issued again after its process was killed', async (t) => {
  const folder = tempFolder(t)
  const first = await EmbeddedStore.open({ folder })
  const { fence } = await first.lock({ key: 'bmc', owner: 'a', ttlMs: 1000, waitMs: 0 })
  await first.set('bmc', { turn: fence.number }, { fence })
  const copy = tempFolder(t)
  for (const name of await readdir(folder)) {
    if (name.startsWith('journal-')) await copyFile(join(folder, name), join(copy, name))
  }
  await first.close()
  const dayAgo = { ...systemClock, dateMs: () => Date.now() - 86_400_000 }
  const second = await EmbeddedStore.open({ folder: copy, clock: dayAgo })
  const later = await second.lock({ key: 'bmc', owner: 'b', ttlMs: 1000, waitMs: 0 })
  t.ok(later.fence.number > fence.number)
  await second.close()
})

test('locks write nothing to the disk', async (t) => {
  const folder = tempFolder(t)
  const store = await EmbeddedStore.open({ folder })
  const lock = await store.lock({ key: 'bmc', owner: 'a', ttlMs: 1000, waitMs: 0 })
  await store.takeSlot('bmc', 1000, { fence: lock.fence })
  await lock.release()
  t.equal((await readFile(join(folder, 'journal-0'))).length, 0)
  await store.close()
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

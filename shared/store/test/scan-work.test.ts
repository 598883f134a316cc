import { type Test, test } from 'tap'
import { MemoryStore } from '../src/index.ts'
import type { Disk } from '../src/memory/disk.ts'
import { type Kept, keptOf } from '../src/memory/kept.ts'

const OTHERS = 20_000

/** Counts the entries that are looked at. */
class CountedMap extends Map<string, Kept> {
  looks = 0

  override get(key: string): Kept | undefined {
    this.looks += 1
    return super.get(key)
  }

  override *[Symbol.iterator](): MapIterator<[string, Kept]> {
    for (const entry of super[Symbol.iterator]()) {
      this.looks += 1
      yield entry
    }
  }

  override *keys(): MapIterator<string> {
    for (const [key] of this) yield key
  }
}

async function filled(t: Test) {
  const entries = new CountedMap()
  for (let number = 0; number < OTHERS; number += 1) {
    entries.set(`lane/{C${number % 100}}/e/${number}`, keptOf('1', undefined))
  }
  for (let number = 0; number < 10; number += 1) entries.set(`mute/${number}`, keptOf('1', undefined))
  const disk: Disk = {
    isFull: false,
    append: async () => undefined,
    fold: async () => undefined,
    close: async () => undefined,
  }
  const store = new MemoryStore({}, { disk, entries, name: 'counted' })
  t.teardown(() => store.close())
  // The first write of a large store drops what has expired.
  await store.set('first', 1)
  return { store, entries }
}

async function keysOf(store: MemoryStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.scan(prefix)) keys.push(key)
  return keys
}

test('a scan looks at the keys of its prefix alone, also between writes', async (t) => {
  const { store, entries } = await filled(t)
  // The first one puts the keys in order.
  t.equal((await keysOf(store, 'mute/')).length, 10)
  entries.looks = 0
  for (let number = 0; number < 10; number += 1) {
    await store.set(`mute/x${number}`, 1)
    await store.set(`lane/{C1}/e/x${number}`, 1)
    await store.delete(`lane/{C1}/e/${number * 100 + 1}`)
    t.equal((await keysOf(store, 'mute/')).length, 11 + number)
  }
  t.equal((await keysOf(store, 'lane/{C1}/')).length, 200)
  t.equal((await keysOf(store, 'none/')).length, 0)
  t.ok(entries.looks < 500, `${entries.looks}`)
})

test('writes look at no other key, before and after a scan', async (t) => {
  const { store, entries } = await filled(t)
  for (const round of ['before', 'after']) {
    entries.looks = 0
    for (let number = 0; number < 100; number += 1) await store.set(`seen/${round}/${number}`, 1, { ttlMs: 60_000 })
    t.ok(entries.looks <= 300, `${entries.looks}`)
    await keysOf(store, 'mute/')
  }
})

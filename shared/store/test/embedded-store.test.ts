import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, cp, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledProgram, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { EmbeddedStore } from '../src/index.ts'

async function newFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return join(folder, 'state')
}

function start(script: string, ...parameters: string[]): ChildProcess {
  const path = bundledProgram(join(import.meta.dirname, 'fixtures', script))
  return spawn(process.execPath, [path, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('a writer killed with SIGKILL again and again loses no acknowledged write', async (t) => {
  const folder = await newFolder(t)
  let last = -1
  for (let round = 0; round < 12; round += 1) {
    const child = start('writer-process.ts', folder, round % 2 === 0 ? '2048' : '1000000')
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const lines = text.split('\n').length
      if (lines > 40 + round * 7) child.kill('SIGKILL')
    })
    const deadline = setTimeout(() => child.kill('SIGKILL'), 30_000)
    await once(child, 'close')
    clearTimeout(deadline)
    const acknowledged = text.split('\n').slice(0, -1).map(Number)
    t.ok(acknowledged.length > 0, 'the writer wrote something')
    last = Math.max(last, ...acknowledged)
    const store = await EmbeddedStore.open({ folder, compactBytes: 1_000_000 })
    const kept = new Map<number, number>()
    for await (const { value } of store.scan('n/')) {
      const { n, pad } = value as { n: number; pad: string }
      t.equal(pad.length, n % 300, 'each value is complete')
      kept.set(n % 50, n)
    }
    for (let n = Math.max(0, last - 49); n <= last; n += 1) {
      if ((kept.get(n % 50) ?? -1) < n) t.fail(`write ${n} was acknowledged and is gone`)
    }
    await store.close()
  }
})

test('a torn tail of any length is dropped and reported, and the writes before it stay', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  await store.set('a', 1)
  const whole = (await stat(join(folder, 'journal-0'))).size
  await store.set('b', 'second')
  await store.close()
  const bytes = await readFile(join(folder, 'journal-0'))
  for (let size = whole; size < bytes.length; size += 1) {
    await writeFile(join(folder, 'journal-0'), bytes.subarray(0, size))
    const notices: string[] = []
    const again = await EmbeddedStore.open({ folder, onNotice: (message) => notices.push(message) })
    t.equal(await again.get('a'), 1)
    t.equal(await again.get('b'), undefined)
    t.equal(notices.length, size === whole ? 0 : 1)
    await again.set('c', 3)
    await again.close()
    const third = await EmbeddedStore.open({ folder })
    t.equal(await third.get('c'), 3)
    await third.close()
  }
})

test('zeros after the last write, which a crashed file system can leave, are a torn tail', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  await store.set('a', 1)
  await store.close()
  await appendFile(join(folder, 'journal-0'), Buffer.alloc(4096))
  const again = await EmbeddedStore.open({ folder })
  t.equal(await again.get('a'), 1)
  await again.close()
})

test('a flipped bit before acknowledged writes is refused, and the files stay unchanged', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  for (const key of ['a', 'b', 'c']) await store.set(key, key.repeat(40))
  await store.close()
  const path = join(folder, 'journal-0')
  const bytes = await readFile(path)
  const last = bytes.lastIndexOf(Buffer.from([0xff, 0x50, 0x42, 0x4a]))
  for (let offset = 0; offset < last; offset += 5) {
    const damaged = Buffer.from(bytes)
    damaged[offset] = (damaged[offset] ?? 0) ^ 0x10
    await writeFile(path, damaged)
    await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT' })
    t.same(await readFile(path), damaged)
  }
  await writeFile(path, bytes)
  const again = await EmbeddedStore.open({ folder })
  t.equal(await again.get('c'), 'c'.repeat(40))
  await again.close()
})

test('a truncated or missing snapshot or journal is refused', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder, compactBytes: 1 })
  for (let n = 0; n < 5; n += 1) await store.set(`k${n}`, n)
  await store.close()
  const snapshot = join(folder, 'snapshot')
  const bytes = await readFile(snapshot)
  for (const size of [0, 5, bytes.length - 1]) {
    await truncate(snapshot, size)
    await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT' })
    await writeFile(snapshot, bytes)
  }
  await rm(snapshot)
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT' })
  await writeFile(snapshot, bytes)
  const journal = (await readdir(folder)).find((name) => name.startsWith('journal-')) ?? ''
  await rm(join(folder, journal))
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT' })
})

test('a journal that was emptied, or of which nothing can be read, is refused and left as it is', async (t) => {
  for (const compactBytes of [1e6, 300]) {
    const folder = await newFolder(t)
    const store = await EmbeddedStore.open({ folder, compactBytes })
    for (let n = 0; n < 9; n += 1) await store.set(`k${n}`, 'x'.repeat(60))
    await store.close()
    const begun = (await readdir(folder)).find((name) => name.endsWith('.begun')) ?? ''
    const journal = join(folder, begun.replace('.begun', ''))
    const { size } = await stat(journal)
    t.ok(size > 0)
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(size), Buffer.from('half')]) {
      await writeFile(journal, bytes)
      for (let times = 0; times < 2; times += 1) {
        await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT', message: /journal-\d+ was emptied/ })
      }
      t.same(await readFile(journal), bytes)
    }
  }
})

test('an empty journal of an earlier version, or of a writer that died before its first write, opens', async (t) => {
  const folder = await newFolder(t)
  await (await EmbeddedStore.open({ folder })).close()
  await (await EmbeddedStore.open({ folder })).close()
  const store = await EmbeddedStore.open({ folder })
  await store.set('a', 1)
  await store.close()
  await rm(join(folder, 'journal-0.begun'))
  await truncate(join(folder, 'journal-0'), 0)
  const again = await EmbeddedStore.open({ folder })
  t.equal(await again.get('a'), undefined)
  await again.close()
})

test('compaction keeps the folder small, private and complete', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder, compactBytes: 4096 })
  for (let n = 0; n < 400; n += 1) await store.set(`k${n % 10}`, `${n}`.padEnd(200, 'x'))
  await store.delete('k3')
  await store.close()
  const names = (await readdir(folder)).sort()
  t.match(names.join(' '), /^(journal-\d+) (?:\1\.begun )?snapshot$/, 'one journal and one snapshot')
  for (const name of names) {
    const { mode, size } = await stat(join(folder, name))
    t.equal(mode & 0o777, 0o600)
    t.ok(size < 10_000)
  }
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  const again = await EmbeddedStore.open({ folder })
  t.equal(await again.get('k3'), undefined)
  t.equal(await again.get('k9'), '399'.padEnd(200, 'x'))
  await again.close()
})

test('a crash between the new journal and its snapshot loses nothing', async (t) => {
  const folder = await newFolder(t)
  const first = await EmbeddedStore.open({ folder, compactBytes: 1_000_000 })
  await first.set('a', 1)
  await first.set('b', 1)
  await first.close()
  await writeFile(join(folder, 'journal-1'), '')
  await writeFile(join(folder, 'snapshot.new'), 'half a snap')
  const second = await EmbeddedStore.open({ folder, compactBytes: 1_000_000 })
  t.equal(await second.get('a'), 1)
  await second.set('b', 2)
  await second.close()
  t.ok((await stat(join(folder, 'journal-1'))).size > 0, 'new writes go to the later journal')
  const third = await EmbeddedStore.open({ folder, compactBytes: 1 })
  t.equal(await third.get('b'), 2)
  await third.set('c', 3)
  await third.close()
  const fourth = await EmbeddedStore.open({ folder })
  t.same([await fourth.get('a'), await fourth.get('b'), await fourth.get('c')], [1, 2, 3])
  await fourth.close()
})

test('many concurrent writes share a few batches', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  await Promise.all(Array.from({ length: 500 }, (_, n) => store.set(`k${n}`, n)))
  await store.close()
  const bytes = await readFile(join(folder, 'journal-0'))
  let batches = 0
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 12)) batches += 1
  t.ok(batches <= 3, `${batches} batches`)
})

test('a full disk fails the write, loses no earlier write, and later writes succeed', async (t) => {
  const folder = await newFolder(t)
  const script = bundledProgram(join(import.meta.dirname, 'fixtures', 'full-disk-process.ts'))
  const limited = ['-c', 'ulimit -S -f 256; exec "$@"', 'sh', process.execPath, script, folder]
  const child = spawn('/bin/sh', limited, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  await once(child, 'close')
  t.same(JSON.parse(text), { failed: 'STORE_UNAVAILABLE', readable: true })
  const store = await EmbeddedStore.open({ folder })
  t.same([await store.get('before'), await store.get('large'), await store.get('after')], [1, undefined, 2])
  await store.close()
})

/** How many files were synced since this was called. */
async function countSyncs(t: Test): Promise<() => number> {
  const file = await open(import.meta.filename)
  const prototype = Object.getPrototypeOf(file) as { datasync(): Promise<void> }
  await file.close()
  const { args } = t.capture(prototype, 'datasync', prototype.datasync)
  return () => args().length
}

/** Names and times of the files in the folder. */
async function listing(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => !/lock/.test(name))
  const times = names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`)
  return (await Promise.all(times)).sort().join()
}

/** What a process finds that opens a copy of the folder, as after a kill of the one that still has it. */
async function opened(t: Test, folder: string): Promise<EmbeddedStore> {
  const copy = await waitUntil('a copy while nothing changes', async () => {
    const made = await newFolder(t)
    try {
      const before = await listing(folder)
      await cp(folder, made, { recursive: true, filter: (name) => !/lock/.test(name) })
      return (await listing(folder)) === before && made
    } catch (error) {
      // A compaction has just put a file in its place.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  })
  const store = await EmbeddedStore.open({ folder: copy })
  t.teardown(() => store.close())
  return store
}

test('a deferred write is in the file at once, and the sync of the next write covers it', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  t.teardown(() => store.close())
  await store.set('a', 1)
  const syncs = await countSyncs(t)
  await store.set('b', 2, { deferSync: true })
  await store.delete('a', { deferSync: true })
  t.equal(await store.get('b'), 2)
  t.equal(syncs(), 0)
  t.equal(await (await opened(t, folder)).get('b'), 2)
  await store.set('c', 3)
  t.equal(syncs(), 1)
  const again = await opened(t, folder)
  t.same([await again.get('a'), await again.get('b'), await again.get('c')], [undefined, 2, 3])
})

test('many deferred writes are synced before their record is long', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  const syncs = await countSyncs(t)
  for (let n = 0; n < 100; n += 1) await store.set(`k${n}`, 'x'.repeat(1000), { deferSync: true })
  t.ok(syncs() >= 5, `${syncs()} syncs`)
  t.ok((await stat(join(folder, 'journal-0'))).size < 1_500_000)
  await store.close()
})

test('after a power cut that broke deferred records, the synced record behind them is whole', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder })
  await store.set('a', 1)
  const from = (await stat(join(folder, 'journal-0'))).size
  await store.set('b', 'deferred', { deferSync: true })
  const middle = (await stat(join(folder, 'journal-0'))).size
  await store.set('b2', 'deferred', { deferSync: true })
  const to = (await stat(join(folder, 'journal-0'))).size
  await store.set('c', 3)
  await store.set('d', 4)
  await store.close()
  const bytes = await readFile(join(folder, 'journal-0'))
  const all = async () => {
    const again = await EmbeddedStore.open({ folder })
    const values = await Promise.all(['a', 'b', 'b2', 'c', 'd'].map((key) => again.get(key)))
    await again.set('e', 5)
    await again.close()
    return values
  }
  for (const [first, last] of [
    [from, middle],
    [middle, to],
    [from, to],
  ] as const) {
    await writeFile(join(folder, 'journal-0'), Buffer.from(bytes).fill(0, first, last))
    t.same(await all(), [1, 'deferred', 'deferred', 3, 4])
    t.same(await all(), [1, 'deferred', 'deferred', 3, 4], 'and so it stays')
  }
  // Damage that reaches further has destroyed a synced write.
  await writeFile(join(folder, 'journal-0'), Buffer.from(bytes).fill(0, 0, to))
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT' })
  await writeFile(join(folder, 'journal-0'), Buffer.from(bytes).fill(0, to, to + 20))
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_CORRUPT' })
})

test('a journal that is full while a write is deferred is replaced by a whole snapshot', async (t) => {
  const folder = await newFolder(t)
  const store = await EmbeddedStore.open({ folder, compactBytes: 1 })
  await store.set('a', 1, { deferSync: true })
  await store.set('b', 2)
  await store.set('c', 3, { deferSync: true })
  const again = await opened(t, folder)
  t.same([await again.get('a'), await again.get('b'), await again.get('c')], [1, 2, 3])
  await store.close()
})

test('a large store writes itself out once for as many bytes of changes, also after it was opened again', async (t) => {
  const folder = await newFolder(t)
  let store = await EmbeddedStore.open({ folder, compactBytes: 4096 })
  const generation = async () => Number((await readdir(folder)).find((name) => /^journal-\d+$/.test(name))?.slice(8))
  for (let n = 0; n < 400; n += 1) await store.set(`k/${n}`, 'x'.repeat(1000))
  const folded = await generation()
  // Each snapshot is at least as large as the one before and the changes since: 4 KiB, 8, 16 ... 256, and the first ones.
  t.ok(folded >= 5 && folded <= 12, `${folded} snapshots of 400 KB`)
  await store.close()
  store = await EmbeddedStore.open({ folder, compactBytes: 4096 })
  for (let n = 0; n < 100; n += 1) await store.set(`k/${n}`, 'y'.repeat(1000))
  t.ok((await generation()) <= folded + 1, 'opening it again changes nothing')
  await store.close()
  store = await EmbeddedStore.open({ folder })
  t.equal(await store.get('k/99'), 'y'.repeat(1000))
  t.equal(await store.get('k/399'), 'x'.repeat(1000))
  await store.close()
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledProgram } from '@powerbus/testkit'
import { test } from 'tap'
import { EmbeddedStore } from '../src/index.ts'

const writer = bundledProgram(join(import.meta.dirname, 'fixtures', 'writer-process.ts'))

test('a folder can be opened once, and again after close', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const store = await EmbeddedStore.open({ folder })
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_LOCKED' })
  await store.set('still', 'mine')
  await store.close()
  t.same((await readdir(folder)).sort(), ['journal-0', 'journal-0.begun'])
  const again = await EmbeddedStore.open({ folder })
  t.equal(await again.get('still'), 'mine')
  await again.close()
})

test('the lock of a process holds while it lives or is stopped, and is free when it is killed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const child = spawn(process.execPath, [writer, folder, '1000000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  if (child.stdout) await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_LOCKED' })
  child.kill('SIGKILL')
  await once(child, 'close')
  const store = await EmbeddedStore.open({ folder })
  await store.close()
  t.same((await readdir(folder)).sort(), ['journal-0', 'journal-0.begun'], 'the dead holder left no file')
})

test('of many concurrent opens of a stale folder exactly one succeeds', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (let round = 0; round < 10; round += 1) {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => EmbeddedStore.open({ folder })))
    const stores = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    t.equal(stores.length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'STORE_LOCKED' })
    }
    await stores[0]?.close()
  }
})

test('a folder can be locked if its path is longer than a socket path', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'store-'))
  t.teardown(() => rm(root, { recursive: true }))
  const folder = join(root, 'x'.repeat(120), 'y'.repeat(60))
  await mkdir(folder, { recursive: true })
  const store = await EmbeddedStore.open({ folder })
  await t.rejects(EmbeddedStore.open({ folder }), { code: 'STORE_LOCKED' })
  await store.set('a', 1)
  await store.close()
  const again = await EmbeddedStore.open({ folder })
  t.equal(await again.get('a'), 1)
  await again.close()
})

import { startRedis, tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { conformance } from '../src/conformance.ts'
import { EmbeddedStore, MemoryStore, openStore, type Store } from '../src/index.ts'

function suite(name: string, open: (t: Test) => Promise<Store>): void {
  for (const { name: promise, run } of conformance) {
    test(`${name}: ${promise}`, async (t) => {
      const store = await open(t)
      t.teardown(() => store.close())
      await run(store)
    })
  }
}

suite('memory', async () => new MemoryStore())
suite('embedded', async (t) => await EmbeddedStore.open({ folder: tempFolder(t), compactBytes: 512 }))

test('Redis', async (t) => {
  const server = await startRedis(t, { args: ['--databases', '100'] })
  for (const [index, { name, run }] of conformance.entries()) {
    await t.test(`redis: ${name}`, async (t) => {
      const store = await openStore({ url: `${server.url}/${index}`, folder: '' })
      t.teardown(() => store.close())
      await run(store)
    })
  }
})

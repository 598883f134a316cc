import { EmbeddedStore, MemoryStore, openStore } from '@powerbus/store'
import { startRedis, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { coordinatorConformance } from '../../src/power/coordinator-conformance.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'

for (const { name, run } of coordinatorConformance) {
  test(`in memory: ${name}`, async () => {
    const store = new MemoryStore()
    await run(storeCoordinator(store), storeCoordinator(store))
  })

  test(`on an embedded store: ${name}`, async (t) => {
    const store = await EmbeddedStore.open({ folder: tempFolder(t) })
    t.teardown(() => store.close())
    await run(storeCoordinator(store), storeCoordinator(store))
  })
}

test('on Redis', async (t) => {
  const server = await startRedis(t)
  for (const [index, { name, run }] of coordinatorConformance.entries()) {
    await t.test(name, async (t) => {
      const open = async () => {
        const store = await openStore({ url: `${server.url}/${index}`, folder: '' })
        t.teardown(() => store.close())
        return storeCoordinator(store)
      }
      await run(await open(), await open())
    })
  }
})

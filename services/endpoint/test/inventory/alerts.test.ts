import type { Alert } from '@powerbus/drp'
import { MemoryStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { Alerts } from '../../src/inventory/alerts.ts'
import type { Collection } from '../../src/inventory/collection.ts'
import { Inventory } from '../../src/inventory/inventory.ts'
import { ParamDefinitions } from '../../src/inventory/param-definitions.ts'
import { Sealer } from '../../src/inventory/sealer.ts'

test('the number of alerts is bounded: an acknowledged one goes first, then the oldest', async (t) => {
  const store = new MemoryStore()
  t.teardown(() => store.close())
  const definitions = new ParamDefinitions(await Sealer.load(tempFolder(t), store))
  const ignore = () => undefined
  const inventory = await Inventory.load({ store, definitions, isShared: false, onChange: ignore, onForeign: ignore })
  const collection = inventory.collection('alerts') as unknown as Collection<Alert>
  const alerts = new Alerts(collection, 3)
  const raise = async (Name: string) => {
    const alert = await alerts.raise({ Name })
    // Their times differ.
    await new Promise((resolve) => setTimeout(resolve, 5))
    return alert
  }
  for (const name of ['a', 'b', 'c']) await raise(name)
  const [, b] = collection.list()
  await alerts.acknowledge(b?.Uuid ?? '', 'user:ada')
  const names = () => collection.list().map(({ Name }) => Name)
  await raise('d')
  t.same(names(), ['a', 'c', 'd'], 'somebody has seen b')
  await raise('e')
  t.same(names(), ['c', 'd', 'e'])
  await raise('c')
  t.same(names(), ['c', 'd', 'e'], 'one that counts up needs no room')
})

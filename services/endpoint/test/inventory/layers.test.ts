import { decodeContentBundle, storeObjectModel } from '@powerbus/drp'
import { MemoryStore, parseJson } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { BASIC_LAYER, basicBundle } from '../../src/inventory/basic-layer.ts'
import { Inventory } from '../../src/inventory/inventory.ts'
import { ParamDefinitions } from '../../src/inventory/param-definitions.ts'
import { Sealer } from '../../src/inventory/sealer.ts'

async function openInventory(t: Test, store = new MemoryStore(), stateDir = tempFolder(t)) {
  const definitions = new ParamDefinitions(await Sealer.load(stateDir, store))
  const changes: string[] = []
  const inventory = await Inventory.load({
    store,
    definitions,
    isShared: false,
    onChange: ({ kind, action, key }) => changes.push(`${kind}.${action}.${key}`),
    onForeign: () => undefined,
  })
  await inventory.putLayer({ name: BASIC_LAYER, type: 'basic', bundle: basicBundle('v1.0.0') })
  return { inventory, changes }
}

function content(name: string, sections: object) {
  return { name, type: 'content', bundle: decodeContentBundle({ meta: { Name: name }, sections }) } as const
}

test('a bundle has no key of another bundle or of what a client made, and is put whole or not at all', async (t) => {
  const { inventory } = await openInventory(t)
  const stages = inventory.collection('stages')
  await inventory.putLayer(content('b', { stages: { one: { Description: 'of b' } } }))
  await inventory.putLayer(content('a', { stages: { two: {} } }))
  const again = content('c', { stages: { three: {}, one: { Description: 'of b' } }, tasks: { t: {} } })
  await t.rejects(inventory.putLayer(again), { message: /keysCannotBeOverridden: one is already in layer 2 .*from b/ })
  t.equal(stages.find('three'), undefined)
  t.equal(inventory.collection('tasks').find('t'), undefined)
  await stages.create({ Name: 'four' })
  await t.rejects(inventory.putLayer(content('c', { stages: { four: {} } })), { message: /four is already in layer 0/ })
  t.equal(stages.get('four').ReadOnly, false)

  await inventory.putLayer(content('c', { stages: { four: { Description: 'of c' } } }), { replacesWritten: true })
  t.match(stages.get('four'), { ReadOnly: true, Bundle: 'c', Description: 'of c' })
  t.notOk(stages.isStored('four'))
})

test('a bundle of the same name takes the place of the one before, and one that is removed marks what names it', async (t) => {
  const { inventory } = await openInventory(t)
  await inventory.putLayer(
    content('a', { stages: { one: {}, two: {} }, params: { 'p/q': { Name: 'p/q', Schema: { default: 1 } } } }),
  )
  await inventory.machines.create({ Name: 'm', Stage: 'two' })
  const machine = () => inventory.machines.get('Name:m')
  t.match(machine(), { Available: true })
  t.equal(inventory.param(machine(), 'p/q'), 1)
  await inventory.putLayer(content('a', { stages: { one: {}, three: {} } }))
  t.same(machine().Errors, ['Stage two does not exist'])
  t.equal(inventory.param(machine(), 'p/q'), undefined)
  t.match(inventory.collection('stages').get('three'), { Bundle: 'a' })
  await inventory.putLayer(content('z', { stages: { two: {} } }))
  t.match(machine(), { Available: true })
  t.ok(inventory.layers.remove('z'))
  t.notOk(inventory.layers.remove('z'))
  t.match(machine(), { Available: false })
})

test('a member that is no object of its kind is left out with a warning', async (t) => {
  const { inventory } = await openInventory(t)
  const sections = {
    tasks: { good: {}, bad: { Templates: 7 }, other: { Name: 'another' }, text: 'x' },
    ux_views: { v: 1 },
  }
  const warnings = await inventory.putLayer(content('a', sections))
  t.match(warnings, [/tasks\/bad .*Templates/, /tasks\/other .*another/, /tasks\/text/])
  t.same(
    inventory
      .collection('tasks')
      .list()
      .map(({ Name }) => Name),
    ['good'],
  )
})

test("a plugin's own kind is stored, checked by its key, and read again", async (t) => {
  const [store, stateDir] = [new MemoryStore(), tempFolder(t)]
  const first = await openInventory(t, store, stateDir)
  const cows = await first.inventory.addKind(storeObjectModel('cows'))
  await cows.create({ Id: 'berta', Params: { 'milk/litres': 20 }, Colour: 'red' })
  await t.rejects(cows.create({ Id: 'berta' }), { code: 'OBJECT_CONFLICT' })
  t.equal(await first.inventory.addKind(storeObjectModel('cows')), cows, 'once')
  t.same(first.changes.slice(-1), ['cows.create.berta'])
  t.ok(await store.get('objects/cows/berta'))
  const second = await openInventory(t, store, stateDir)
  const again = await second.inventory.addKind(storeObjectModel('cows'))
  t.match(again.get('Id:berta'), {
    Type: 'cows',
    Colour: 'red',
    Available: true,
    Meta: {},
    Params: { 'milk/litres': 20 },
  })
})

test('a number that no double can hold is no fault of its param', async (t) => {
  const { inventory } = await openInventory(t)
  const params = { 'p/q': { Name: 'p/q', Schema: { type: 'integer' } } }
  await inventory.putLayer(content('a', { params }))
  const Params = parseJson('{"p/q": 9007199254740993}')
  await inventory.machines.create({ Name: 'm', Params })
  t.same(inventory.machines.get('Name:m').Errors, [])
})

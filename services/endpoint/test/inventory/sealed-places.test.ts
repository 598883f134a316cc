import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContentBundle, storeObjectModel } from '@powerbus/drp'
import { MemoryStore, type Store } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { pino } from 'pino'
import { test } from 'tap'
import { Contents } from '../../src/inventory/contents.ts'
import { Inventory } from '../../src/inventory/inventory.ts'
import { ParamDefinitions } from '../../src/inventory/param-definitions.ts'
import { forgetSealed, Sealer } from '../../src/inventory/sealer.ts'

const Params = { 'demo/secret': 'hunter2', colour: 'red' }

type Write = (inventory: Inventory, store: Store) => Promise<unknown>

/** Has an object with a secure param of each kind of place written. */
const writers: Readonly<Record<string, Write>> = {
  'a profile': (inventory) => inventory.profiles.create({ Name: 'p', Params }),
  'a machine': (inventory) => inventory.machines.create({ Name: 'm', Params }),
  'a plugin': (inventory) => inventory.plugins.create({ Name: 'g', Provider: 'demo', Params }),
  'a stage': (inventory) => inventory.collection('stages').create({ Name: 's', Params }),
  'an alert': (inventory) => inventory.collection('alerts').create({ Name: 'a', Params }),
  "a plugin's own object": async (inventory) => {
    const model = storeObjectModel('racks') as unknown as Parameters<Inventory['addKind']>[0]
    await (await inventory.addKind(model)).create({ Id: 'r1', Type: 'racks', Params })
  },
  'an uploaded bundle': async (inventory, store) => {
    const contents = await Contents.load({ inventory, store, version: 'v1.0.0', log: pino({ level: 'silent' }) })
    const sections = { profiles: { q: { Name: 'q', Params } } }
    await contents.put(decodeContentBundle({ meta: { Name: 'pack' }, sections }), true, false)
  },
}

async function storeWith(stateDir: string, write: Write, isShared: boolean): Promise<Store> {
  const store = new MemoryStore()
  const definitions = new ParamDefinitions(await Sealer.load(stateDir, store))
  const ignore = () => undefined
  const inventory = await Inventory.load({ store, definitions, isShared, onChange: ignore, onForeign: ignore })
  await inventory.collection('params').create({ Name: 'demo/secret', Secure: true })
  await write(inventory, store)
  return store
}

/** All of the store as text. */
async function textOf(store: Store): Promise<string> {
  const texts: string[] = []
  for await (const entry of store.scan('')) texts.push(JSON.stringify(entry))
  return texts.join('\n')
}

for (const [place, write] of Object.entries(writers)) {
  for (const isShared of [false, true]) {
    test(`a key is not made anew for the sealed param of ${place} in ${isShared ? 'a shared' : 'an own'} store`, async (t) => {
      const stateDir = tempFolder(t)
      const store = await storeWith(stateDir, write, isShared)
      t.notMatch(await textOf(store), 'hunter2')
      // An earlier version stored no public key.
      t.ok(await store.delete('inventory/seal-key'))
      rmSync(join(stateDir, 'secure-params.key'))
      await t.rejects(Sealer.load(stateDir, store), { code: 'STORE_CORRUPT' })
    })
  }

  test(`the sealed param of ${place} is forgotten, and no other`, async (t) => {
    const stateDir = tempFolder(t)
    const store = await storeWith(stateDir, write, false)
    t.match(await textOf(store), /"Nonce"/)
    t.equal(await forgetSealed(stateDir, store), 1)
    const left = await textOf(store)
    t.notMatch(left, /"Nonce"/)
    t.match(left, /"Params":\{"colour":"red"\}/)
    await Sealer.load(stateDir, store)
    t.equal(await forgetSealed(stateDir, store), 0)
  })
}

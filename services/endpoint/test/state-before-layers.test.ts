import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { models } from '@powerbus/drp'
import { EmbeddedStore, type Json } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { writeFixturePlugin } from './fixtures/fixture-plugin.ts'
import { startTestEndpoint } from './fixtures/running-endpoint.ts'

/** Written by the version whose objects had only the fields that were sent, and whose bundles' profiles were stored. */
function oldState(t: Test): string {
  const stateDir = join(tempFolder(t), 'state')
  cpSync(join(import.meta.dirname, 'fixtures/state-before-layers'), stateDir, { recursive: true })
  return stateDir
}

async function storedIn(stateDir: string): Promise<ReadonlyMap<string, Json>> {
  const store = await EmbeddedStore.open({ folder: join(stateDir, 'store') })
  const all = new Map<string, Json>()
  for await (const { key, value } of store.scan('')) all.set(key, value)
  await store.close()
  return all
}

/** The bundle sets another console than the one that is stored. */
const profiles = { console: { Name: 'console', Description: 'Serial', Params: { kernel: 'ttyS1' } } }

test('a state folder of before the models opens with all its objects right, and none is written anew', async (t) => {
  const stateDir = oldState(t)
  const before = await storedIn(stateDir)
  const { call, stop } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { profiles }), { stateDir })
  const machines = (await call('GET', 'machines')).body
  t.same(
    machines.map(({ Name }: { Name: string }) => Name),
    ['node-01', 'node-02'],
  )
  const [first, second] = machines
  for (const name of Object.keys(models.machines.fields)) t.ok(Object.hasOwn(first, name), name)
  t.match(first, {
    Address: '10.0.0.1',
    Params: { 'demo/port': 623, colour: 'red' },
    HardwareAddrs: ['02:00:00:00:00:01'],
    Meta: { icon: 'server' },
    Runnable: true,
    Available: true,
    Stage: '',
    Arch: 'amd64',
  })
  t.match(second, { Locked: true, Runnable: false, OS: 'debian', Site: 'north', Available: false, Tasks: ['one'] })
  t.same(second.Errors, [
    'Workflow old-workflow does not exist',
    'Stage discover does not exist',
    'BootEnv sledgehammer does not exist',
    'Task one (at 0) does not exist',
  ])
  t.equal((await call('GET', 'machines/Name:node-02/params/demo/password?decode=true')).body, 'correct horse')
  const mixed = (await call('GET', 'machines/Name:node-01/params?aggregate=true&decode=true')).body
  t.match(mixed, {
    'demo/password': 'hunter2',
    'power/min-gap': 2.5,
    own: 7,
    kernel: 'ttyS1',
    'demo/address': 'nowhere',
  })
  t.match((await call('GET', 'profiles/rack-1')).body, { ReadOnly: false, Bundle: '', Description: 'a rack' })
  t.match((await call('GET', 'plugins/demo')).body, { Available: true, Provider: 'demo' })
  t.match((await call('GET', 'plugins/second')).body, { Available: false, Params: { 'demo/port': 1 } })

  await stop()
  const after = await storedIn(stateDir)
  for (const [key, value] of before) {
    if (/^(?:machines|profiles|plugins)\//.test(key)) t.same(after.get(key), value, key)
  }
})

test('what names that are not there any more does not keep an old machine from being changed', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { stateDir: oldState(t) })
  const colour = () => call('POST', 'machines/Name:node-02/params/colour', { body: '"blue"' })
  t.match((await colour()).body, { Code: 409, Messages: [/node-02 is locked/] }, 'it was stored as Locked')
  const unlock = [{ op: 'replace', path: '/Locked', value: false }]
  t.equal((await call('PATCH', 'machines/Name:node-02', { body: unlock })).status, 200)
  t.equal((await colour()).status, 200)
  const { body } = await call('GET', 'machines/Name:node-02')
  t.match(body, { Workflow: 'old-workflow', Params: { colour: 'blue' }, Site: 'north' })
})

test("of a bundle's profile that was stored, the operator's own params go on until the stored one is deleted", async (t) => {
  const stateDir = oldState(t)
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { profiles }), { stateDir })
  const shown = { ReadOnly: true, Bundle: 'demo', Description: 'Serial', Params: { kernel: 'ttyS1', own: 7 } }
  t.match((await call('GET', 'profiles/console')).body, shown)
  const change = await call('POST', 'profiles/console/params/own', { body: 8 })
  t.match([change.status, change.body.Messages], [409, [/bundle demo/]])
  t.match((await call('DELETE', 'profiles/console')).body, shown, 'a machine may name it: the one of the bundle stays')
  t.same((await call('GET', 'profiles/console')).body.Params, { kernel: 'ttyS1' })
  t.equal((await call('DELETE', 'profiles/console')).status, 409)
})

test('without its plugin, a stored profile of a bundle is one like any other', async (t) => {
  const { call } = await startTestEndpoint(t, undefined, { stateDir: oldState(t) })
  t.match((await call('GET', 'profiles/console')).body, { ReadOnly: false, Params: { kernel: 'ttyS0', own: 7 } })
  t.equal((await call('POST', 'profiles/console/params/own', { body: 8 })).status, 200)
})

test('a state that a newer version has written is refused by name', async (t) => {
  const stateDir = oldState(t)
  const store = await EmbeddedStore.open({ folder: join(stateDir, 'store') })
  await store.set('inventory/format', 2)
  await store.close()
  const started = startTestEndpoint(t, undefined, { stateDir })
  await t.rejects(started, {
    code: 'STORE_CORRUPT',
    message: /newer version of Powerbus \(format 2; this one knows 1\)/,
  })
})

import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { connectBus } from '@powerbus/bus'
import { EmbeddedStore, type Store } from '@powerbus/store'
import { startRedis, type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { EndpointOptions } from '../../src/endpoint-options.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'

/** Two endpoints on one store, each with a state folder of its own and the key of the first. */
async function startTwo(
  scope: TestScope,
  options: Partial<EndpointOptions>,
  prepare?: (pluginDir: string) => void,
): Promise<readonly [RunningEndpoint, RunningEndpoint]> {
  const first = await startTestEndpoint(scope, prepare, options)
  const stateDir = join(tempFolder(scope), 'state')
  mkdirSync(stateDir)
  copyFileSync(join(first.stateDir, 'secure-params.key'), join(stateDir, 'secure-params.key'))
  return [first, await startTestEndpoint(scope, prepare, { ...options, stateDir })]
}

async function openStore(scope: TestScope): Promise<Store> {
  const store = await EmbeddedStore.open({ folder: tempFolder(scope) })
  scope.teardown(() => store.close())
  return store
}

const machine = (Name: string) => ({ body: { Name } })

async function shareMachines(t: Test, [a, b]: readonly [RunningEndpoint, RunningEndpoint]): Promise<void> {
  const { Uuid } = (await a.call('POST', 'machines', machine('m1'))).body
  t.equal((await b.call('GET', `machines/${Uuid}`)).body.Name, 'm1', 'the other one knows it at once')
  await b.call('POST', `machines/${Uuid}/params/colour`, { body: '"red"' })
  t.same((await a.call('GET', 'machines/Name:m1/params/colour')).body, 'red')
  t.equal((await b.call('POST', 'machines', machine('m1'))).status, 409)
  await a.call('PATCH', 'machines/Name:m1', { body: [{ op: 'replace', path: '/Name', value: 'm2' }] })
  t.equal((await b.call('GET', 'machines/Name:m1')).status, 404)
  t.equal((await b.call('POST', 'machines', machine('m1'))).status, 201, 'its old name is free')
  t.equal((await b.call('DELETE', `machines/${Uuid}`)).status, 200)
  t.equal((await a.call('GET', `machines/${Uuid}`)).status, 404)
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, n) => [a, b][n % 2]?.call('POST', 'machines', machine(`n${Math.floor(n / 2)}`))),
  )
  t.equal(made.filter((answer) => answer?.status === 201).length, 10, 'of two that make one, one is refused')
  const steps = Array.from({ length: 20 }, (_, n) =>
    [a, b][n % 2]?.call('POST', `machines/Name:n0/params/p${n}`, { body: String(n) }),
  )
  await Promise.all(steps)
  for (const { call } of [a, b]) {
    t.equal(Object.keys((await call('GET', 'machines/Name:n0/params')).body).length, 20, 'no change overwrites another')
    t.equal((await call('GET', 'machines')).body.length, 11)
  }
}

test('two endpoints on one Redis have the same machines', async (t) => {
  const { url } = await startRedis(t)
  await shareMachines(t, await startTwo(t, { environment: { REDIS_URL: url } }))
})

test("two endpoints on one store and one bus have the same machines and see each other's events", async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  const both = await startTwo(t, { store: await openStore(t), bus })
  const seen = collectEvents(both[1].endpoint)
  const { Uuid } = (await both[0].call('POST', 'machines', machine('heard'))).body
  await seen.find('the event', ({ Key }) => Key === Uuid)
  await both[0].call('DELETE', `machines/${Uuid}`)
  await shareMachines(t, both)
  t.equal(seen.events.filter(({ Action, Key }) => Action === 'create' && Key === Uuid).length, 1)
})

test('a plugin follows changes made at another endpoint', async (t) => {
  const both = await startTwo(t, { store: await openStore(t) }, (folder) => writeFixturePlugin(folder))
  const [a, b] = both
  await a.call('POST', 'plugins/demo/params/demo/address', { body: '"elsewhere"' })
  await waitUntil('the new config at the other one', async () => {
    return (await b.call('POST', 'system/actions/survey')).body.configured['demo/address'] === 'elsewhere'
  })
  await a.call('POST', 'plugins', { body: { Name: 'second', Provider: 'demo' } })
  await waitUntil('it runs there too', async () => (await b.call('GET', 'plugins/second')).body.Available === true)
  await a.call('DELETE', 'plugins/second')
  t.equal((await b.call('GET', 'plugins/second')).status, 404)
  const { body } = await b.call('POST', 'system/actions/survey')
  t.equal((await a.call('GET', 'info', { token: body.env.RS_TOKEN })).status, 200, "a plugin's token is good at both")
})

test('an endpoint with another key for secure params is refused', async (t) => {
  const store = await openStore(t)
  await startTestEndpoint(t, undefined, { store })
  await t.rejects(startTestEndpoint(t, undefined, { store }), { code: 'STORE_CORRUPT' })
})

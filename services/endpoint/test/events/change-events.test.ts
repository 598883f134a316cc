import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('creating, changing and removing a machine each publish an event with the original', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const seen = collectEvents(endpoint)
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1' } })).body
  await call('PATCH', `machines/${Uuid}`, { body: [{ op: 'replace', path: '/Description', value: 'new' }] })
  await call('PATCH', `machines/${Uuid}`, { body: [{ op: 'replace', path: '/Description', value: 'new' }] })
  await call('POST', `machines/${Uuid}/params/colour`, { body: '"red"' })
  await call('DELETE', `machines/${Uuid}`)
  await waitUntil('the events', () => seen.events.length >= 4)
  t.same(seen.subjects, [
    `machines.create.${Uuid}`,
    `machines.update.${Uuid}`,
    `machines.update.${Uuid}`,
    `machines.delete.${Uuid}`,
  ])
  const [created, patched, set, deleted] = seen.events
  t.match(created, { Principal: 'user:powerbus', Object: { Name: 'm1' }, Original: null })
  t.match(patched, { Object: { Description: 'new' }, Original: { Description: '' } })
  t.match(set, { Object: { Params: { colour: 'red' } }, Original: { Params: {} } })
  t.match(deleted, { Object: { Name: 'm1' } })
  t.ok(seen.events.every(({ Time }) => !Number.isNaN(Date.parse(Time))))
  t.equal(new Set(seen.events.map(({ Id }) => Id)).size, 4)
})

test("the endpoint's own changes are saves, and a change of nothing publishes no event", async (t) => {
  const { endpoint } = await startTestEndpoint(t)
  const seen = collectEvents(endpoint)
  await endpoint.ensureMachines([{ Name: 'node-01' }])
  await endpoint.ensureMachines([{ Name: 'node-01' }])
  await endpoint.ensureMachines([{ Name: 'node-01', Description: 'first' }])
  await seen.find('the save', ({ Action }) => Action === 'save')
  t.same(
    seen.events.map(({ Action, Principal }) => [Action, Principal]),
    [
      ['create', 'endpoint'],
      ['save', 'endpoint'],
    ],
  )
})

test('no event shows a secure param in plain text', async (t) => {
  const first = await startTestEndpoint(t)
  const early = collectEvents(first.endpoint)
  await first.call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'not known as a secret' } } })
  await early.find('the machine', ({ Action }) => Action === 'create')
  await first.stop()
  const { stateDir, pluginDir } = first
  writeFixturePlugin(pluginDir)
  const { endpoint, call } = await startTestEndpoint(t, undefined, { stateDir, pluginDir })
  const seen = collectEvents(endpoint)
  await call('POST', 'machines', { body: { Name: 'm2', Params: { 'demo/password': 'hush-1' } } })
  await call('POST', 'machines/Name:m2/params/demo/password', { body: '"hush-2"' })
  await call('POST', 'profiles', { body: { Name: 'p', Params: { 'demo/password': 'hush-3' } } })
  await seen.find('the last one', ({ Type }) => Type === 'profiles')
  t.notMatch(JSON.stringify(seen.events), /hush|not known as a secret/)
  const update = await seen.find('the update', ({ Action }) => Action === 'update')
  t.match(update.Object, { Params: { 'demo/password': { Key: String, Nonce: String, Payload: String } } })
})

test('a plugin that fails and recovers publishes saves with its state', async (t) => {
  const { endpoint, call } = await startTestEndpoint(
    t,
    (folder) => writeFixturePlugin(folder, { action: 'process.exit(9)' }),
    { restart: { firstMs: 10, mostMs: 40, attempts: 5, healthyMs: 60_000 } },
  )
  const seen = collectEvents(endpoint)
  await call('POST', 'system/actions/survey')
  const isSave = (isAvailable: boolean) => (event: { Type: string; Action: string; Object: unknown }) => {
    return event.Type === 'plugins' && event.Action === 'save' && Object(event.Object).Available === isAvailable
  }
  t.match(await seen.find('its end', isSave(false)), { Key: 'demo', Original: { Available: true } })
  t.match(await seen.find('its return', isSave(true)), {
    Original: { Available: false },
    Object: { Errors: { length: 0 } },
  })
})

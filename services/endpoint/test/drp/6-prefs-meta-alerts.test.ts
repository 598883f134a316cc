import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { makeToken } from '../fixtures/tokens.ts'

// Each test is one row of what drpcli needs of the small routes about objects. One endpoint serves them all.
const { call, endpoint } = await startCheckedEndpoint(tap, (folder) => {
  writeFixturePlugin(folder, { name: 'sick', config: 'answer(400, { Code: 400, Messages: ["no lamp"] })' })
})
const events = collectEvents(endpoint)
const tokens = {
  read: (await makeToken(call, { Role: 'read' })).token,
  act: (await makeToken(call, { Role: 'act' })).token,
}

test('GET prefs and POST prefs: a map of text, with its defaults', async (t) => {
  const defaults = { defaultStage: 'none', defaultBootEnv: 'local', unknownBootEnv: 'ignore' }
  t.same((await call('GET', 'prefs', { token: tokens.read })).body, defaults)
  t.equal((await call('POST', 'prefs', { token: tokens.act, body: {} })).status, 403)
  const set = await call('POST', 'prefs', { body: { defaultStage: 'local', logLevel: 'warn' } })
  t.match(set, { status: 201, body: { ...defaults, defaultStage: 'local', logLevel: 'warn' } })
  t.same((await call('GET', 'prefs')).body, set.body)
  t.equal((await call('POST', 'machines', { body: { Name: 'born' } })).body.Stage, 'local')
  await call('POST', 'prefs', { body: { defaultStage: 'none' } })
})

test('POST prefs: an unknown name or a value that is not there is refused, and nothing is set', async (t) => {
  const bad: object[] = [
    { nothing: 'x' },
    { defaultStage: 'nowhere' },
    { defaultBootEnv: 7 },
    { __proto__x: 'y' },
    { toString: 'y' },
  ]
  for (const body of bad) {
    const answer = await call('POST', 'prefs', { body: { logLevel: 'debug', ...body } })
    t.match(answer, { status: 422, body: { Type: 'ValidationError', Reason: 'OBJECT_INVALID' } }, JSON.stringify(body))
  }
  t.equal((await call('POST', 'prefs', { body: '[]' })).status, 400)
  t.equal((await call('GET', 'prefs')).body.logLevel, 'warn')
})

test('GET meta/PREFIX/KEY and PATCH: the Meta map', async (t) => {
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1', Meta: { color: 'red' } } })).body
  t.same((await call('GET', `meta/machines/${Uuid}`, { token: tokens.read })).body, { color: 'red' })
  const patch = [
    { op: 'test', path: '', from: '', value: { color: 'red' } },
    { op: 'add', path: '/icon', from: '', value: 'server' },
  ]
  t.equal((await call('PATCH', `meta/machines/${Uuid}`, { token: tokens.act, body: patch })).status, 403)
  t.match(await call('PATCH', `meta/machines/${Uuid}`, { body: patch }), {
    status: 200,
    body: { color: 'red', icon: 'server' },
  })
  t.same((await call('GET', `machines/${Uuid}`)).body.Meta, { color: 'red', icon: 'server' })
  t.equal((await call('PATCH', `meta/machines/${Uuid}`, { body: patch })).status, 409, 'the test fails now')
  t.equal((await call('PATCH', `meta/machines/${Uuid}`, { body: [{ op: 'add', path: '/n', value: 7 }] })).status, 400)
  t.same((await call('GET', 'meta/params/power/protected')).status, 200, 'a key with slashes')
  for (const path of ['meta/machines/none', 'meta/nothing/x']) t.equal((await call('GET', path)).status, 404, path)
})

test('alerts: one that is raised again before anybody acknowledged it counts up', async (t) => {
  const body = { Name: 'fan', Level: 'Warn', Contents: 'slow', Params: { rpm: 900 } }
  const first = await call('POST', 'alerts', { body })
  t.match(first, { status: 201, body: { ...body, Count: 1, Acknowledged: false, Principal: 'user:powerbus' } })
  const again = await call('POST', 'alerts', {
    body: { Name: 'fan', Contents: 'slower', Count: 99, Acknowledged: true },
  })
  t.match(again, { status: 201, body: { Uuid: first.body.Uuid, Count: 2, Level: 'Warn', Contents: 'slower' } })
  t.same(again.body.Params, { rpm: 900 })
  const many = await Promise.all(Array.from({ length: 5 }, async () => await call('POST', 'alerts', { body })))
  t.same(many.map(({ body: { Count } }) => Count).sort(), [3, 4, 5, 6, 7])
  const fans = (await call('GET', 'alerts?Name=Eq(fan)', { token: tokens.read })).body
  t.equal(fans.length, 1)
})

test('POST alerts/ID/acknowledge answers the alert, and the next of that name is another one', async (t) => {
  const [fan] = (await call('GET', 'alerts?Name=Eq(fan)')).body
  t.equal((await call('POST', `alerts/${fan.Uuid}/acknowledge`, { token: tokens.read, body: {} })).status, 403)
  const seen = await call('POST', `alerts/${fan.Uuid}/acknowledge`, { token: tokens.act, body: {} })
  t.match(seen, { status: 200, body: { Acknowledged: true, AcknowledgeTime: /^20/, AcknowledgeUser: 'user:powerbus' } })
  const twice = await call('POST', `alerts/${fan.Uuid}/acknowledge`)
  t.equal(twice.body.AcknowledgeTime, seen.body.AcknowledgeTime)
  const next = await call('POST', 'alerts', { body: { Name: 'fan' } })
  t.not(next.body.Uuid, fan.Uuid)
  t.match(next.body, { Count: 1, Level: 'Error', AcknowledgeTime: '0001-01-01T00:00:00Z', AcknowledgeUser: '' })
  t.equal((await call('GET', 'alerts?Name=Eq(fan)')).body.length, 2)
  t.equal((await call('POST', 'alerts/none/acknowledge')).status, 404)
  t.equal((await call('DELETE', `alerts/${fan.Uuid}`)).status, 200)
})

test('alerts: a bad level or name is refused', async (t) => {
  t.equal((await call('POST', 'alerts', { body: { Name: 'x', Level: 'Loud' } })).status, 422)
  for (const body of [{}, { Name: '' }, { Name: 7 }]) {
    t.equal((await call('POST', 'alerts', { body })).status, 400, JSON.stringify(body))
  }
})

test('the endpoint raises an alert for a plugin that refuses its params', async (t) => {
  const event = await events.find('the alert', ({ Type, Key }) => Type === 'alerts' && Key !== '')
  t.match(event, { Type: 'alerts' })
  const [alert] = (await call('GET', 'alerts?Name=Eq(plugin-sick)')).body
  t.match(alert, {
    Level: 'Error',
    Contents: /no lamp/,
    Principal: 'endpoint',
    Acknowledged: false,
    Params: { plugin: 'sick' },
  })
})

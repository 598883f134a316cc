import { request } from 'node:https'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('an action gets the machine and its params: of the body, the machine, its profiles, the defaults', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'profiles/global/params/demo/password', { body: '"of global"' })
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1', Params: { other: 1 } } })).body
  const answer = await call('POST', 'machines/Name:m1/actions/poweron', {
    body: { 'demo/port': 623 },
    headers: { 'x-request-id': 'rack-7' },
  })
  t.equal(answer.status, 200)
  t.equal(answer.headers['x-request-id'], 'rack-7')
  t.equal(answer.body.requestId, 'rack-7')
  t.match(answer.body.action, {
    Model: { Uuid, Name: 'm1' },
    Plugin: 'demo',
    Command: 'poweron',
    CommandSet: 'machines',
  })
  t.same(answer.body.action.Params, { 'demo/password': 'of global', 'demo/address': 'nowhere', 'demo/port': 623 })
})

test('only actions with all required params are listed; running another names the missing params', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'machines', { body: { Name: 'm1' } })
  t.same((await call('GET', 'machines/Name:m1/actions')).body, [])
  const refused = await call('POST', 'machines/Name:m1/actions/poweron')
  t.match([refused.status, refused.body], [400, { Type: 'PARAM_MISSING', Messages: [/demo\/password/] }])
  t.notMatch(refused.body.Messages[0], /demo\/address/)
  const sent = await call('POST', 'machines/Name:m1/actions/poweron', { body: { 'demo/password': 'x' } })
  t.equal(sent.status, 200, 'it may come with the request')
  await call('POST', 'machines/Name:m1/params/demo/password', { body: '"x"' })
  t.same((await call('GET', 'machines/Name:m1/actions')).body, [
    {
      Provider: 'demo',
      Model: 'machines',
      Command: 'poweron',
      RequiredParams: ['demo/password', 'demo/address'],
      OptionalParams: ['demo/port'],
    },
  ])
  t.equal((await call('GET', 'machines/Name:m1/actions/poweron')).body.Command, 'poweron')
})

test('plugins and the system have actions of their own; unknown ones answer 404', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  t.match((await call('GET', 'plugins/demo/actions')).body, [{ Command: 'refresh' }])
  t.match((await call('GET', 'system/actions')).body, [{ Command: 'survey' }])
  t.match((await call('POST', 'plugins/demo/actions/refresh')).body.action, { Model: { Name: 'demo' } })
  t.match((await call('POST', 'system/actions/survey')).body.action, {
    Model: { Name: 'global' },
    CommandSet: 'system',
  })
  await call('POST', 'machines', { body: { Name: 'm1' } })
  for (const path of ['machines/Name:m1/actions/dance', 'machines/Name:m2/actions/poweron', 'system/actions/refresh']) {
    t.equal((await call('POST', path)).status, 404, path)
  }
  t.equal((await call('POST', 'system/actions/survey', { body: '[1]' })).status, 400)
})

test("a plugin's error goes through as it is, but for its Type", async (t) => {
  const error = { Model: 'plugin', Key: 'demo', Type: 'rpc', Messages: ['BMC 10.0.0.9 is dead', 'two'], Code: 504 }
  const { call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, { action: `answer(504, ${JSON.stringify(error)})` }),
  )
  const answer = await call('POST', 'system/actions/survey')
  t.same([answer.status, answer.body], [504, { ...error, Type: 'INVOKE' }])
})

test('a machine gets the action of the plugin that it names', async (t) => {
  const actions = (Provider: string) => [
    { Provider, Model: 'machines', Command: 'poweron', RequiredParams: [], OptionalParams: [] },
  ]
  const { call } = await startTestEndpoint(t, (folder) => {
    writeFixturePlugin(folder, { name: 'aaa', params: {}, actions: actions('aaa') })
    writeFixturePlugin(folder, { name: 'bbb', params: {}, actions: actions('bbb') })
  })
  await call('POST', 'machines', { body: { Name: 'm1' } })
  t.equal((await call('POST', 'machines/Name:m1/actions/poweron')).body.action.Plugin, 'aaa')
  await call('POST', 'machines/Name:m1/params/machine-plugin', { body: '"bbb"' })
  t.equal((await call('POST', 'machines/Name:m1/actions/poweron')).body.action.Plugin, 'bbb')
})

test('an accepted action finishes after a stop was asked for', async (t) => {
  const { call, endpoint } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      action: "tell('publish', { Type: 't', Action: 'a' }); setTimeout(() => answer(200, 'done'), 700)",
    }),
  )
  let isRunning = false
  endpoint.events.subscribe(({ Type }) => {
    isRunning ||= Type === 't'
  })
  const running = call('POST', 'system/actions/survey')
  await waitUntil('the action', () => isRunning)
  const stopped = endpoint.stop()
  t.same((await running).body, 'done')
  await stopped
})

test('an action goes on without its client: its end is published, and a stop waits for it', async (t) => {
  const { endpoint, stateDir } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      action: "tell('publish', { Type: 't', Action: 'begin' }); setTimeout(() => answer(200, 'done'), 1000)",
    }),
  )
  const seen = collectEvents(endpoint)
  const operator = await readOperatorFile(stateDir)
  const outgoing = request(`${endpoint.url}/api/v3/system/actions/survey`, {
    method: 'POST',
    ca: operator?.certificate,
    headers: { authorization: `Bearer ${operator?.token}` },
  })
  outgoing.on('error', () => undefined)
  outgoing.end()
  await seen.find('the action', ({ Type }) => Type === 't')
  outgoing.destroy()
  await endpoint.stop()
  const phases = seen.events.filter(({ Action }) => Action === 'survey').map(({ Object: object }) => Object(object))
  t.match(phases, [{ Phase: 'start' }, { Phase: 'end', Result: 'done' }])
})

test('concurrent actions share connections and all are answered', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, { action: 'setTimeout(() => answer(200, action.Params.n), 5)' }),
  )
  const numbers = Array.from({ length: 200 }, (_, n) => n)
  const answers = await Promise.all(numbers.map((n) => call('POST', 'system/actions/survey', { body: { n } })))
  t.same(
    answers.map(({ body }) => body),
    numbers,
  )
})

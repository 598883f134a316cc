import { actionEventId } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('an action publishes a start and an end with its caller and command', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, { action: "answer(200, { Power: 'on', Attempts: 2, Driver: 'lamp' })" }),
  )
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1' } })).body
  const seen = collectEvents(endpoint)
  const body = { 'demo/password': 'hush', 'demo/address': 'a', 'power/request-id': 'mine' }
  await call('POST', 'machines/Name:m1/actions/poweron', { body, headers: { 'x-request-id': 'rack-7' } })
  const end = await seen.find('the end', ({ Object: object }) => Object(object).Phase === 'end')
  const start = await seen.find('the start', ({ Object: object }) => Object(object).Phase === 'start')
  t.match(
    [start, end],
    [
      { Type: 'machines', Action: 'poweron', Key: Uuid, Principal: 'user:powerbus', Original: null },
      { Type: 'machines', Action: 'poweron', Key: Uuid },
    ],
  )
  const same = {
    Machine: { Uuid, Name: 'm1' },
    Plugin: 'demo',
    Command: 'poweron',
    CommandSet: 'machines',
    RequestId: 'rack-7',
    Principal: 'user:powerbus',
  }
  t.match(start.Object, { Phase: 'start', ...same, Model: { Uuid }, Params: { 'demo/address': 'a' } })
  t.notOk('demo/password' in Object(start.Object).Params, 'a secure param is left out')
  const { DurationMs, ...rest } = end.Object as Record<string, unknown>
  t.ok(Number.isInteger(DurationMs))
  t.same(rest, {
    Phase: 'end',
    ...same,
    Result: { Power: 'on', Attempts: 2, Driver: 'lamp' },
    Attempts: 2,
    Driver: 'lamp',
  })
  t.notMatch(JSON.stringify(seen.events), /hush/)
})

test('each run of an action has events of its own', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, { action: 'answer(200, { ActionId: action.ActionId })' }),
  )
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1' } })).body
  const seen = collectEvents(endpoint)
  const headers = { 'x-request-id': 'workflow-7' }
  const params = { 'demo/password': 'hush', 'demo/address': 'a' }
  const ids: string[] = []
  for (const more of [{}, {}, {}, { 'power/request-id': 'mine' }, { 'power/request-id': 'mine' }]) {
    const answer = await call('POST', 'machines/Name:m1/actions/poweron', { body: { ...params, ...more }, headers })
    ids.push(answer.body.ActionId)
  }
  await call('POST', 'system/actions/survey')
  await seen.find('the end of the last', ({ Action, Object: object }) => {
    return Action === 'survey' && Object(object).Phase === 'end'
  })
  t.equal(new Set(ids).size, 5)
  const told = seen.events.filter(({ Action }) => Action === 'poweron').map(({ Id }) => Id)
  const identities = ids.map((id) => ({ id, plugin: 'demo', command: 'poweron', key: Uuid }))
  t.same(
    told,
    identities.flatMap((one) => [actionEventId(one, 'start'), actionEventId(one, 'end')]),
    'a plugin that tells of them under the id that it got tells of the same events',
  )
})

test("a failed action publishes the plugin's error; a system action's key is global", async (t) => {
  const error = { Model: 'plugin', Key: 'demo', Type: 'rpc', Messages: ['dead'], Code: 504 }
  const { endpoint, call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, { action: `answer(504, ${JSON.stringify(error)})` }),
  )
  const seen = collectEvents(endpoint)
  await call('POST', 'system/actions/survey')
  const failed = await seen.find('the failure', ({ Object: object }) => Object(object).Phase === 'error')
  t.match(failed, {
    Type: 'system',
    Action: 'survey',
    Key: 'global',
    Object: { Error: { ...error, Type: 'INVOKE' }, Command: 'survey' },
  })
})

test('an action refused before it reached a plugin publishes no event', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const seen = collectEvents(endpoint)
  t.equal((await call('POST', 'machines/Name:m1/actions/poweron')).status, 400)
  t.equal((await call('POST', 'machines/Name:m1/actions/dance')).status, 404)
  await call('POST', 'system/actions/survey')
  await seen.find('the end of the good one', ({ Object: object }) => Object(object).Phase === 'end')
  const actions = seen.events.filter(({ Object: object }) => Object(object).Phase !== undefined)
  t.same([...new Set(actions.map(({ Action }) => Action))], ['survey'])
})

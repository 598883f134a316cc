import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

/** Publishes the event in its params through its socket, and answers with the status that it got. */
const publishes = `const { 'demo/event': event, 'demo/as': as } = action.Params
  if (event === undefined) return answer(200, { token: process.env.RS_TOKEN })
  const headers = { 'content-type': 'application/json', ...(as && { 'x-powerbus-on-behalf-of': as }) }
  const path = '/api-server-plugin/v4/publish'
  http.request({ socketPath: second, method: 'POST', path, headers }, (response) => {
    response.resume()
    answer(200, { status: response.statusCode })
  }).end(JSON.stringify(event))`

const own = [
  'machines',
  'profiles',
  'plugins',
  'plugin_providers',
  'params',
  'system',
  'audit',
  'websocket',
  'log',
  'users',
]
const odd = ['Machines', 'MACHINES', ' machines', 'machineſ', 'proﬁles', 'ｍachines', 'machines ', 'Log']

test("events of the endpoint's own types are refused with 403 from users, plugins and their sockets", async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { action: publishes }))
  const { token } = (await call('POST', 'system/actions/survey')).body
  const seen = collectEvents(endpoint)
  const bySocket = async (event: object) => {
    return (await call('POST', 'system/actions/survey', { body: { 'demo/event': event } })).body.status
  }
  for (const Type of [...own, ...odd]) {
    for (const Action of ['delete', 'create', 'lamp']) {
      const event = { Type, Action, Key: 'forged', Object: { Name: 'm1' } }
      t.match((await call('POST', 'events', { body: event })).body, { Code: 403, Type: 'FORBIDDEN' }, Type)
      t.equal((await call('POST', 'events', { body: event, token })).status, 403, `${Type} by a plugin's token`)
      t.equal(await bySocket(event), 403, `${Type} by a plugin's socket`)
    }
  }
  for (const Type of ['slack', 'machine', 'machines.x', 'demo']) {
    const event = { Type, Action: 'say', Key: 'k' }
    t.equal((await call('POST', 'events', { body: event })).status, 204, Type)
    t.equal(await bySocket(event), 204, Type)
  }
  t.equal(await bySocket({ Type: 'machines', Action: 'poweron', Key: 'k' }), 204, 'of an action of its own')
  t.equal(await bySocket({ Type: 'system', Action: 'survey', Key: 'demo' }), 204)
  t.equal(await bySocket({ Type: 'plugins', Action: 'poweron', Key: 'k' }), 403, 'its action, but of another kind')
  t.equal(
    (await call('POST', 'events', { body: { Type: 'machines', Action: 'poweron', Key: 'k' }, token })).status,
    403,
  )
  await seen.find('the last', ({ Action, Key }) => Action === 'survey' && Key === 'demo')
  t.notOk(seen.events.some(({ Key }) => Key === 'forged'))
})

test("an event through a plugin's socket has that plugin's principal, and may name the user it acts for", async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { action: publishes }))
  const seen = collectEvents(endpoint)
  const publish = async (Key: string, Principal: string | undefined, as?: string) => {
    const event = { Type: 'demo', Action: 'say', Key, ...(Principal !== undefined && { Principal }) }
    const body = { 'demo/event': event, ...(as !== undefined && { 'demo/as': as }) }
    return (await call('POST', 'system/actions/survey', { body })).body.status
  }
  const claims = [undefined, '', 'endpoint', 'user:powerbus', 'plugin:slack', 'user:ada via plugin:slack']
  for (const [n, claim] of claims.entries()) {
    t.equal(await publish(`k${n}`, claim), 204)
    const event = await seen.find('the event', ({ Key }) => Key === `k${n}`)
    t.equal(event.Principal, 'plugin:demo', String(claim))
  }
  t.equal(await publish('for', 'endpoint', 'user:ada'), 204)
  t.match(await seen.find('it', ({ Key }) => Key === 'for'), { Principal: 'user:ada via plugin:demo' })
  t.equal(await publish('bad', undefined, 'two words'), 400)
})

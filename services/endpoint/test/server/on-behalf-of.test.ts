import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('a principal shows both the user and the plugin that acts for the user', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const token: string = (await call('POST', 'system/actions/survey')).body.env.RS_TOKEN
  const seen = collectEvents(endpoint)
  const body = { 'demo/password': 'x', 'demo/address': 'a' }
  const run = (as: string, options = { token }) =>
    call('POST', 'machines/Name:m1/actions/poweron', { body, headers: { 'x-powerbus-on-behalf-of': as }, ...options })
  const answer = await run('user:ada')
  t.equal(answer.body.action.Principal, 'user:ada via plugin:demo', 'the plugin that does it is told too')
  const end = await seen.find(
    'the end',
    ({ Action, Object: object }) => Action === 'poweron' && Object(object).Phase === 'end',
  )
  t.match(end, { Principal: 'user:ada via plugin:demo', Object: { Principal: 'user:ada via plugin:demo' } })
  for (const as of ['', 'two words', 'x'.repeat(129), 'a\tb']) t.equal((await run(as)).status, 400, as)
})

test("a user's token ignores the on-behalf-of header", async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const headers = { 'x-powerbus-on-behalf-of': 'user:ada' }
  const { body } = await call('POST', 'system/actions/survey', { headers })
  t.equal(body.action.Principal, 'user:powerbus')
})

test('a plugin that refused its config serves its API but no actions', async (t) => {
  const refusal = { Model: 'plugin', Key: 'demo', Type: 'rpc', Messages: ['demo/password is missing'], Code: 400 }
  const config = `answer(400, ${JSON.stringify(refusal)})`
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { config }))
  t.equal((await call('GET', '/plugin-apis/demo/x')).status, 202)
  t.equal((await call('POST', 'system/actions/survey')).status, 503)
})

import { startRedis, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('an action refused in an outage of the store is published as failed', async (t) => {
  const redis = await startRedis(t)
  const environment = { REDIS_URL: redis.url }
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), {
    environment,
    stateDir: tempFolder(t),
  })
  const seen = collectEvents(endpoint)
  const act = (id: string) => call('POST', 'system/actions/survey', { headers: { 'x-request-id': id } })
  t.equal((await act('before')).status, 200)
  await redis.kill()
  const refused = await act('during')
  t.match(refused, { status: 503, body: { Type: 'STORE_UNAVAILABLE' } })
  t.equal((await call('POST', 'machines/nobody/actions/survey')).status, 503)
  t.equal((await call('GET', '/metrics')).status, 200)
  const phases = (id: string) =>
    seen.events.flatMap(({ Object: object }) => {
      const { RequestId, Phase } = Object(object)
      return RequestId === id ? [Phase] : []
    })
  t.same(phases('during'), ['start', 'error'])
  await redis.start()
  await waitUntil('the store to be back', async () => (await act('after')).status === 200, { timeoutMs: 20_000 })
})

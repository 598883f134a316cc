import { startRedis, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('healthz and readyz answer without a token, and only with words and booleans', async (t) => {
  const { call } = await startTestEndpoint(t)
  const health = await call('GET', '/healthz', { token: '' })
  t.same([health.status, health.body], [200, { ok: true }])
  const ready = await call('GET', '/readyz', { token: '' })
  t.same([ready.status, ready.body], [200, { ready: true, bus: 'ok', store: 'ok', stopping: false }])
  for (const path of ['/healthz/x', '/readyz/x']) t.equal((await call('GET', path)).status, 404)
  t.equal((await call('POST', '/readyz', { token: '' })).status, 401)
})

test('readyz is 503 while the store is away, and 200 again when it is back; healthz stays 200', async (t) => {
  const redis = await startRedis(t)
  const { call } = await startTestEndpoint(t, undefined, {
    environment: { REDIS_URL: redis.url },
    stateDir: tempFolder(t),
  })
  t.equal((await call('GET', '/readyz', { token: '' })).status, 200)
  await redis.kill()
  const startedMs = performance.now()
  const away = await call('GET', '/readyz', { token: '' })
  t.ok(performance.now() - startedMs < 10_000)
  t.match([away.status, away.body], [503, { ready: false, bus: 'ok', store: 'away' }])
  t.equal((await call('GET', '/healthz', { token: '' })).status, 200)
  await redis.start()
  await waitUntil('readiness', async () => (await call('GET', '/readyz', { token: '' })).status === 200, {
    timeoutMs: 20_000,
  })
})

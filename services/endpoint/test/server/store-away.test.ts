import { startRedis, startTcpRelay, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

/** Requests of all kinds during an outage, one after the other and then many at once. */
async function outage(t: Test, way: 'silence' | 'reset' | 'kill'): Promise<void> {
  const redis = await startRedis(t)
  const relay = await startTcpRelay(t, redis.port)
  const environment = { REDIS_URL: `redis://127.0.0.1:${relay.port}` }
  const stateDir = tempFolder(t)
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { environment, stateDir })
  const made = await call('POST', 'machines', { body: { Name: 'm1' } })
  t.equal(made.status, 201)
  if (way === 'kill') await redis.kill()
  else relay[way]()
  const timed = async (method: string, path: string, body?: unknown) => {
    const begunMs = performance.now()
    const answer = await call(method, path, body === undefined ? {} : { body })
    return { path, ms: performance.now() - begunMs, answer }
  }
  const requests = [
    ['GET', 'machines'],
    ['GET', `machines/${made.body.Uuid}`],
    ['POST', 'machines', { Name: 'm2' }],
    ['POST', 'machines/Name:m1/params/colour', '"red"'],
    ['DELETE', 'machines/Name:m1'],
    ['POST', 'system/actions/survey'],
  ] as const
  const check = ({ path, ms, answer }: Awaited<ReturnType<typeof timed>>) => {
    t.match(answer, { status: 503, body: { Type: 'STORE_UNAVAILABLE' } }, `${way} ${path}`)
    t.match(answer.body.Messages[0], new RegExp(`Redis at 127\\.0\\.0\\.1:${relay.port}: `))
    // 2 s, and what a busy machine takes.
    t.ok(ms < 3000, `${way} ${path}: ${Math.round(ms)} ms`)
  }
  for (const [method, path, body] of requests) check(await timed(method, path, body))
  for (const done of await Promise.all(requests.map(([method, path, body]) => timed(method, path, body)))) check(done)
  if (way === 'kill') await redis.start()
  else relay.restore()
  await waitUntil('the store to be back', async () => (await call('GET', 'machines')).status === 200, {
    timeoutMs: 20_000,
  })
  t.equal((await call('GET', 'machines')).body.length, 1)
}

for (const way of ['silence', 'reset', 'kill'] as const) {
  test(`Redis away (${way}): each request is refused in time, and says which server`, (t) => outage(t, way))
}

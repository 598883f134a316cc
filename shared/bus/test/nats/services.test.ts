import { connect } from '@nats-io/transport-node'
import { startNatsServer, waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { busFor, startScript } from '../fixtures/test-bus.ts'

test('the services protocol shows what is served, with its figures, as long as it is served', async (t) => {
  const { url } = await startNatsServer(t)
  const bus = await busFor(t, { url, name: 'ipmi', version: '1.2.3' })
  const client = await connect({ servers: url })
  t.teardown(() => client.close())
  const served = await bus.serve(['action', 'ipmi', '*'], async ({ body }) => {
    if (body === 'bad') throw new Error('bad')
    return body
  })
  await bus.request(['action', 'ipmi', 'poweron'], 1, { timeoutMs: 5000 })
  await t.rejects(bus.request(['action', 'ipmi', 'poweron'], 'bad', { timeoutMs: 5000 }))
  const ask = async (subject: string) => (await client.request(subject, '', { timeout: 5000 })).json()
  const ping = (await ask('$SRV.PING')) as { id: string }
  const head = { name: 'ipmi', version: '1.2.3', id: ping.id }
  t.match(ping, { type: 'io.nats.micro.v1.ping_response', ...head })
  const endpoint = { name: 'action-ipmi-any', subject: 'powerbus.v1.action.ipmi.*', queue_group: 'powerbus' }
  t.match(await ask('$SRV.INFO.ipmi'), { type: 'io.nats.micro.v1.info_response', ...head, endpoints: [endpoint] })
  const stats = { ...endpoint, num_requests: 2, num_errors: 1, last_error: '500' }
  const expected = { type: 'io.nats.micro.v1.stats_response', ...head, endpoints: [stats] }
  const found = (await ask(`$SRV.STATS.ipmi.${ping.id}`)) as { endpoints: { processing_time: number }[] }
  t.match(found, expected)
  t.ok((found.endpoints[0]?.processing_time ?? 0) > 0)
  await served.stop()
  await t.rejects(ask('$SRV.PING.ipmi'))
})

test('a foreign client may ask without any of our headers, and a request that is no JSON is a 400', async (t) => {
  const { url } = await startNatsServer(t)
  const bus = await busFor(t, { url })
  const client = await connect({ servers: url })
  t.teardown(() => client.close())
  await bus.serve(['action', 'ipmi', 'info'], async ({ body }) => ({ asked: body }))
  const subject = 'powerbus.v1.action.ipmi.info'
  t.same((await client.request(subject, '{"a":1}')).json(), { asked: { a: 1 } })
  t.same((await client.request(subject)).json(), { asked: null })
  const refused = await client.request(subject, '{')
  t.equal(refused.headers?.get('Nats-Service-Error-Code'), '400')
})

test('who dies by -9 is gone after missed heartbeats, and after a cut of the server nobody is gone who is there', async (t) => {
  const server = await startNatsServer(t)
  const options = { url: server.url, heartbeatMs: 300 }
  const [bus, other] = [await busFor(t, options), await busFor(t, options)]
  const child = await startScript(t, 'announcing-process.ts', server.url)
  await child.waitForOutput(/announced/)
  await other.announce({ kind: 'plugin', name: 'slack', instance: '1', version: '1.0.0' })
  const names = async () => (await bus.present('plugin')).map(({ name }) => name).toSorted()
  t.same(await names(), ['ipmi', 'slack'])
  const gone: string[] = []
  await bus.watchPresence(({ change, presence }) => change === 'gone' && gone.push(presence.name))
  await server.kill()
  await waitUntil('the outage to be seen', () => bus.state === 'reconnecting' && other.state === 'reconnecting')
  await new Promise((resolve) => setTimeout(resolve, 1200))
  await server.start()
  await waitUntil('the bus to be back', () => bus.state === 'connected' && other.state === 'connected')
  t.same(gone, [])
  child.kill('SIGKILL')
  await child.exited
  await waitUntil('the dead one to be gone', () => gone.length > 0)
  t.same(gone, ['ipmi'])
  t.same(await names(), ['slack'])
})

test("a process that stood still takes its own silence for nobody else's", async (t) => {
  const { url } = await startNatsServer(t)
  const bus = await busFor(t, { url, heartbeatMs: 300 })
  const child = await startScript(t, 'announcing-process.ts', url)
  await child.waitForOutput(/announced/)
  const changes: string[] = []
  await bus.watchPresence(({ change, presence }) => changes.push(`${presence.name} ${change}`))
  t.same(changes, ['ipmi here'])
  // Longer than three heartbeats, without a turn of the event loop.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
  await new Promise((resolve) => setTimeout(resolve, 600))
  t.same(changes, ['ipmi here'])
  child.kill('SIGKILL')
  await waitUntil('the dead one to be gone', () => changes.length > 1)
  t.same(changes, ['ipmi here', 'ipmi gone'])
})

test('a caller whose server dies in mid-request has its deadline, and the next request goes to another', async (t) => {
  const { url } = await startNatsServer(t)
  const bus = await busFor(t, { url })
  const child = await startScript(t, 'serving-process.ts', url)
  await child.waitForOutput(/serving/)
  const asked = bus.request(['action', 'ipmi', 'hang'], 1, { timeoutMs: 1500 })
  await child.waitForOutput(/asked/)
  child.kill('SIGKILL')
  await t.rejects(within('the deadline', asked), { code: 'TIMEOUT' })
  await waitUntil('the dead one to be no server', async () => {
    const again = bus.request(['action', 'ipmi', 'hang'], 1, { timeoutMs: 200 })
    return await again.catch((error) => error.code === 'NO_RESPONDERS')
  })
  await bus.serve(['action', 'ipmi', 'hang'], async () => 'here')
  t.equal(await bus.request(['action', 'ipmi', 'hang'], 1, { timeoutMs: 5000 }), 'here')
})

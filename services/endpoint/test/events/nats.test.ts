import { connectBus } from '@powerbus/bus'
import { actionEventId } from '@powerbus/plugin-sdk'
import { startNatsServer, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { servePlugin } from '../fixtures/served-plugin.ts'

test("two endpoints on one NATS server see each other's events and drive a plugin served there", async (t) => {
  const { url } = await startNatsServer(t)
  const environment = { NATS_URL: url }
  const first = await startTestEndpoint(t, undefined, { environment })
  const second = await startTestEndpoint(t, undefined, { environment })
  const seen = collectEvents(second.endpoint)
  const { Uuid } = (await first.call('POST', 'machines', { body: { Name: 'm1' } })).body
  t.match(await seen.find('the event', ({ Key }) => Key === Uuid), { Type: 'machines', Action: 'create' })
  const bus = await connectBus({ name: 'lamps', url })
  t.teardown(() => bus.close())
  const plugin = await servePlugin(t, bus, { instance: 'one' })
  for (const { call } of [first, second]) {
    await waitUntil('the plugin', async () => (await call('GET', 'plugins/lamps')).body.Available === true)
  }
  const answer = await first.call('POST', 'machines/Name:m1/actions/light')
  t.same([answer.status, answer.body], [200, { by: 'one' }])
  await seen.find('its end', ({ Action, Object: object }) => Action === 'light' && Object(object).Phase === 'end')
  await plugin.stop()
  await waitUntil('its end', async () => (await second.call('GET', 'plugins/lamps')).body.Available === false)
})

test('two actions publish four events, although endpoint and plugin both publish them', async (t) => {
  const { url } = await startNatsServer(t)
  const running = await startTestEndpoint(t, undefined, { environment: { NATS_URL: url } })
  const bus = await connectBus({ name: 'lamps', url })
  t.teardown(() => bus.close())
  const act = async (action: unknown) => {
    const { ActionId: id, Model } = Object(action)
    for (const phase of ['start', 'end'] as const) {
      const identity = { id, plugin: 'lamps', command: 'light', key: Model.Uuid }
      const event = { Type: 'machines', Action: 'light', Key: Model.Uuid, Principal: '', Object: {}, Original: null }
      await bus.publish({ ...event, id: actionEventId(identity, phase), Time: new Date().toISOString() })
    }
  }
  await servePlugin(t, bus, { instance: 'one', act })
  await waitUntil('the plugin', async () => (await running.call('GET', 'plugins/lamps')).body.Available === true)
  await running.call('POST', 'machines', { body: { Name: 'm1' } })
  const seen = collectEvents(running.endpoint)
  const headers = { 'x-request-id': 'workflow-7' }
  for (let n = 0; n < 2; n += 1) await running.call('POST', 'machines/Name:m1/actions/light', { headers })
  await running.call('POST', 'machines', { body: { Name: 'last' } })
  await seen.find('what came after', ({ Action }) => Action === 'create')
  t.equal(seen.events.filter(({ Action }) => Action === 'light').length, 4)
})

test('an outage of NATS delays no change and no action, and the events arrive after it', async (t) => {
  const nats = await startNatsServer(t)
  const { endpoint, call } = await startTestEndpoint(t, undefined, { environment: { NATS_URL: nats.url } })
  const seen = collectEvents(endpoint)
  await nats.kill()
  for (let n = 0; n < 20; n += 1) t.equal((await call('POST', 'machines', { body: { Name: `m${n}` } })).status, 201)
  await nats.start()
  await waitUntil('the events', () => seen.events.filter(({ Action }) => Action === 'create').length >= 20, {
    timeoutMs: 30_000,
  })
})

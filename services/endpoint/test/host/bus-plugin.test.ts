import { type Bus, connectBus } from '@powerbus/bus'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { refusal, servePlugin } from '../fixtures/served-plugin.ts'

async function openBus(scope: TestScope): Promise<Bus> {
  const bus = await connectBus({ name: 'test' })
  scope.teardown(() => bus.close())
  return bus
}

async function becomes({ call }: RunningEndpoint, available: boolean): Promise<void> {
  await waitUntil(`lamps available: ${available}`, async () => {
    return (await call('GET', 'plugins/lamps')).body.Available === available
  })
}

test('a plugin that announces itself on the bus is defined, configured and driven as one of the folder', async (t) => {
  const bus = await openBus(t)
  const running = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { bus })
  const { call, endpoint } = running
  const seen = collectEvents(endpoint)
  t.equal((await call('GET', 'plugins/lamps')).status, 404)
  const plugin = await servePlugin(t, bus, { instance: 'one' })
  await becomes(running, true)
  t.match((await call('GET', 'plugin_providers/lamps')).body, { Name: 'lamps', Available: true })
  t.match((await call('GET', 'params/lamp/colour')).body, { Schema: { default: 'red' } })
  t.match(plugin.configs[0], { Name: 'lamps', 'lamp/colour': 'red' })
  await call('POST', 'plugins/lamps/params/lamp/colour', { body: '"blue"' })
  await waitUntil('the new config', () => Object(plugin.configs.at(-1))['lamp/colour'] === 'blue')
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const answer = await call('POST', 'machines/Name:m1/actions/light')
  t.same([answer.status, answer.body], [200, { by: 'one' }])
  t.match(plugin.actions, [
    { Model: { Name: 'm1' }, Plugin: 'lamps', Command: 'light', Params: { 'lamp/colour': 'red' } },
  ])
  await seen.find('the end of it', ({ Action, Object: object }) => Action === 'light' && Object(object).Phase === 'end')
})

test('its errors come through, and with the last replica it is not available until one is back', async (t) => {
  const bus = await openBus(t)
  const act = () => {
    throw refusal(409, 'burnt out')
  }
  const [one, two] = [
    await servePlugin(t, bus, { instance: 'one', act }),
    await servePlugin(t, bus, { instance: 'two', act }),
  ]
  const running = await startTestEndpoint(t, undefined, { bus })
  const { call } = running
  await becomes(running, true)
  await waitUntil('both have their config', () => one.configs.length > 0 && two.configs.length > 0)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const failed = await call('POST', 'machines/Name:m1/actions/light')
  t.match([failed.status, failed.body], [409, { Key: 'lamps', Messages: ['burnt out'] }])
  await one.stop()
  t.equal((await call('GET', 'plugins/lamps')).body.Available, true)
  await two.stop()
  await becomes(running, false)
  t.equal((await call('GET', 'plugin_providers/lamps')).body.Available, false)
  t.match((await call('POST', 'machines/Name:m1/actions/light')).body, { Type: 'PLUGIN_UNAVAILABLE' })
  const three = await servePlugin(t, bus, { instance: 'three' })
  await becomes(running, true)
  t.equal(three.configs.length, 1)
  t.equal((await call('POST', 'machines/Name:m1/actions/light')).status, 200)
})

test('an answer that is lost is asked for again under the same request id, where the replicas share turns', async (t) => {
  const bus = await openBus(t)
  const acts = [() => new Promise(() => undefined), () => ({ by: 'the second time' })]
  const plugin = await servePlugin(t, bus, { instance: 'one', sharesTurns: true, act: () => acts.shift()?.() })
  const running = await startTestEndpoint(t, undefined, { bus })
  await becomes(running, true)
  await running.call('POST', 'machines', { body: { Name: 'm1' } })
  const answer = await running.call('POST', 'machines/Name:m1/actions/light')
  t.same([answer.status, answer.body], [200, { by: 'the second time' }])
  const ids = plugin.actions.map((action) => Object(action).Params['power/request-id'])
  t.equal(ids.length, 2)
  t.match(ids[0], /^[0-9a-f-]{36}$/)
  t.equal(ids[0], ids[1])
})

test('the bus carries no /plugin-apis, and that is said', async (t) => {
  const bus = await openBus(t)
  const running = await startTestEndpoint(t, undefined, { bus })
  await servePlugin(t, bus, { instance: 'one' })
  await becomes(running, true)
  const answer = await running.call('GET', '/plugin-apis/lamps/status')
  t.match(answer, { status: 404, body: { Type: 'CAPABILITY_UNSUPPORTED', Messages: [/lamps/] } })
})

test('a request id of the caller goes through as it is', async (t) => {
  const bus = await openBus(t)
  const plugin = await servePlugin(t, bus, { instance: 'one' })
  const running = await startTestEndpoint(t, undefined, { bus })
  await becomes(running, true)
  await running.call('POST', 'machines', { body: { Name: 'm1' } })
  await running.call('POST', 'machines/Name:m1/actions/light', { body: { 'power/request-id': 'mine' } })
  t.match(plugin.actions, [{ Params: { 'power/request-id': 'mine' } }])
})

test('a replica that takes the place of another at once gets its config', async (t) => {
  const bus = await openBus(t)
  const one = await servePlugin(t, bus, { instance: 'one' })
  const running = await startTestEndpoint(t, undefined, { bus })
  await becomes(running, true)
  const [, two] = await Promise.all([one.stop(), servePlugin(t, bus, { instance: 'two' })])
  await waitUntil('its config', () => two.configs.length > 0)
  await becomes(running, true)
})

test('a plugin on the bus that refuses its config says why', async (t) => {
  const bus = await openBus(t)
  const configure = () => {
    throw refusal(400, 'no such lamp')
  }
  await servePlugin(t, bus, { instance: 'one', configure })
  const running = await startTestEndpoint(t, undefined, { bus })
  await waitUntil('its reason', async () => {
    return String((await running.call('GET', 'plugins/lamps')).body.Errors).includes('no such lamp')
  })
  t.equal((await running.call('GET', 'plugins/lamps')).body.Available, false)
})

test('one that is in the folder too is run from the folder, and the operator is told', async (t) => {
  const bus = await openBus(t)
  const served = await servePlugin(t, bus, { instance: 'one', name: 'demo' })
  const { call, logged } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { bus })
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
  t.same([served.actions, served.configs], [[], []])
  t.ok(logged.some(({ plugin, level }) => plugin === 'demo' && level === 40))
})

test('a line of its log is written under its name', async (t) => {
  const bus = await openBus(t)
  const { logged } = await startTestEndpoint(t, undefined, { bus })
  await bus.request(['log', 'lamps'], { Level: 'error', Message: 'lamp is out', Seq: 1 }, { timeoutMs: 5000 })
  t.match(
    logged.find(({ msg }) => msg === 'lamp is out'),
    { plugin: 'lamps', level: 50 },
  )
})

test('a normal stop warns of nothing', async (t) => {
  const { logged, stop } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      publish: 'answer(200, {})',
      stop: "tell('leaving', {}); answer(200, {}); setTimeout(() => process.exit(0), 50)",
    }),
  )
  await stop()
  t.same(
    logged.filter(({ level }) => Number(level) >= 40),
    [],
  )
})

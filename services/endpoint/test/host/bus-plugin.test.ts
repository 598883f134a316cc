import { type Bus, connectBus } from '@powerbus/bus'
import { type TestScope, waitUntil, within } from '@powerbus/testkit'
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

async function becomes({ call }: RunningEndpoint, available: boolean, name = 'lamps'): Promise<void> {
  const isSo = async () => (await call('GET', `plugins/${name}`)).body.Available === available
  await waitUntil(`${name} available: ${available}`, isSo, { timeoutMs: 30_000 })
}

/** A fraction of what a config may take. */
const SOON_MS = 20_000

/** Answers nothing until it is let go of, at the latest at the end of the test. */
function held(scope: TestScope) {
  let letGo: () => void = () => undefined
  const end = new Promise<void>((resolve) => {
    letGo = resolve
  })
  scope.teardown(letGo)
  return { configure: () => end, letGo }
}

test('a plugin on the bus is defined, configured and driven as one in the folder', async (t) => {
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

test('errors of a plugin on the bus pass unchanged, and it is unavailable without a replica', async (t) => {
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

test('a lost answer is asked for again with the same request id where replicas share turns', async (t) => {
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

test('/plugin-apis of a plugin on the bus answers with an error that says so', async (t) => {
  const bus = await openBus(t)
  const running = await startTestEndpoint(t, undefined, { bus })
  await servePlugin(t, bus, { instance: 'one' })
  await becomes(running, true)
  const answer = await running.call('GET', '/plugin-apis/lamps/status')
  t.match(answer, { status: 404, body: { Type: 'CAPABILITY_UNSUPPORTED', Messages: [/lamps/] } })
})

test("the caller's request id passes unchanged", async (t) => {
  const bus = await openBus(t)
  const plugin = await servePlugin(t, bus, { instance: 'one' })
  const running = await startTestEndpoint(t, undefined, { bus })
  await becomes(running, true)
  await running.call('POST', 'machines', { body: { Name: 'm1' } })
  await running.call('POST', 'machines/Name:m1/actions/light', { body: { 'power/request-id': 'mine' } })
  t.match(plugin.actions, [{ Params: { 'power/request-id': 'mine' } }])
})

test('a replica that replaces another one gets its config', async (t) => {
  const bus = await openBus(t)
  const one = await servePlugin(t, bus, { instance: 'one' })
  const running = await startTestEndpoint(t, undefined, { bus })
  await becomes(running, true)
  const [, two] = await Promise.all([one.stop(), servePlugin(t, bus, { instance: 'two' })])
  await waitUntil('its config', () => two.configs.length > 0)
  await becomes(running, true)
})

test('a plugin on the bus that refuses its config shows the reason', async (t) => {
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

test('an unanswered config on the bus delays neither start, discovery, other changes nor stop', async (t) => {
  const bus = await openBus(t)
  const { configure, letGo } = held(t)
  const hanging = await servePlugin(t, bus, { instance: 'one', name: 'hanging', configure })
  const lamps = await servePlugin(t, bus, { instance: 'one' })
  const running = await within('the start', startTestEndpoint(t, undefined, { bus }), SOON_MS)
  await becomes(running, true)
  t.match((await running.call('GET', 'plugins/hanging')).body, { Available: false, Errors: ['it is starting'] })
  await waitUntil('the config that has no answer', () => hanging.configs.length > 0)

  await servePlugin(t, bus, { instance: 'one', name: 'torches' })
  await becomes(running, true, 'torches')
  const change = running.call('POST', 'plugins/lamps/params/lamp/colour', { body: '"green"' })
  t.equal((await within('a change of another', change, SOON_MS)).status, 200)
  t.match(lamps.configs.at(-1), { 'lamp/colour': 'green' })

  const gone = hanging.stop()
  await waitUntil('that it has gone', async () => {
    return String((await running.call('GET', 'plugins/hanging')).body.Errors).includes('no replica')
  })
  const second = await servePlugin(t, bus, { instance: 'two', name: 'hanging', configure })
  await waitUntil('the config of the next', () => second.configs.length > 0)
  await within('the stop', running.stop(), SOON_MS)
  letGo()
  await gone
})

test('a new replica gets the config at once, although the previous one has not answered', async (t) => {
  const bus = await openBus(t)
  const { configure, letGo } = held(t)
  const hanging = await servePlugin(t, bus, { instance: 'one', configure })
  const running = await startTestEndpoint(t, undefined, { bus })
  await waitUntil('the config that has no answer', () => hanging.configs.length > 0)
  await servePlugin(t, bus, { instance: 'two' })
  await becomes(running, true)
  letGo()
})

test('a config that fails in an outage is sent again, and the plugin shows the reason meanwhile', async (t) => {
  const bus = await openBus(t)
  let isAway = true
  const configure = () => {
    if (isAway) throw refusal(502, 'the cloud is away')
  }
  const plugin = await servePlugin(t, bus, { instance: 'one', configure })
  const running = await startTestEndpoint(t, undefined, { bus })
  await waitUntil('a second try', () => plugin.configs.length > 1)
  t.match((await running.call('GET', 'plugins/lamps')).body, { Available: false, Errors: ['the cloud is away'] })
  isAway = false
  await becomes(running, true)
})

test('a provider in the folder wins over the bus, and the log warns', async (t) => {
  const bus = await openBus(t)
  const served = await servePlugin(t, bus, { instance: 'one', name: 'demo' })
  const { call, logged } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { bus })
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
  t.same([served.actions, served.configs], [[], []])
  t.ok(logged.some(({ plugin, level }) => plugin === 'demo' && level === 40))
})

test('log lines of a plugin on the bus appear under its name', async (t) => {
  const bus = await openBus(t)
  const { logged } = await startTestEndpoint(t, undefined, { bus })
  await bus.request(['log', 'lamps'], { Level: 'error', Message: 'lamp is out', Seq: 1 }, { timeoutMs: 5000 })
  t.match(
    logged.find(({ msg }) => msg === 'lamp is out'),
    { plugin: 'lamps', level: 50 },
  )
})

test('log lines from the bus stay bounded, even under many names', async (t) => {
  const bus = await openBus(t)
  const startedMs = performance.now()
  const { logged } = await startTestEndpoint(t, undefined, { bus })
  const send = (name: string, n: number) =>
    bus.request(['log', name], { Level: 'warn', Message: `flood ${n}`, Seq: n }, { timeoutMs: 60_000 })
  for (let n = 0; n < 3000; n += 1) await send('lamps', n)
  const lines = (name: string) => logged.filter(({ plugin }) => plugin === name).length
  // A thousand at once and 200 per second, with what is said of those that were left out.
  const most = () => 1010 + 201 * ((performance.now() - startedMs) / 1000)
  t.ok(lines('lamps') < most(), `${lines('lamps')} lines of ${most()}`)
  for (let n = 0; n < 3000; n += 1) await send(`name-${n}`, n)
  const others = logged.filter(({ plugin }) => /^name-|^others$/.test(String(plugin))).length
  t.ok(others < 256 + most(), `${others} lines of ${256 + most()}`)
})

test('a normal stop logs no warning', async (t) => {
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

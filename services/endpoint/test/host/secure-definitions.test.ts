import { readFileSync } from 'node:fs'
import { connectBus } from '@powerbus/bus'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { servePlugin } from '../fixtures/served-plugin.ts'

const SECRET = 'correct horse'

function password(Secure: boolean, profiles = {}) {
  const params = { 'demo/password': { Name: 'demo/password', Secure, Schema: { type: 'string' } } }
  return { params, profiles, actions: [] }
}

async function isSealed({ call }: RunningEndpoint, t: Test, path: string): Promise<void> {
  const { text, body } = await call('GET', path)
  t.notMatch(text, SECRET)
  t.match(body.Params['demo/password'], { Key: String, Nonce: String, Payload: String })
  t.equal((await call('GET', `${path}/params/demo/password?decode=true`)).body, SECRET)
}

for (const [plain, secure] of [
  ['aaa', 'zzz'],
  ['zzz', 'aaa'],
] as const) {
  test(`where ${plain} defines a secure param of ${secure} without Secure, zzz is refused and the param stays secure`, async (t) => {
    const first = await startTestEndpoint(t, (folder) =>
      writeFixturePlugin(folder, { name: secure, ...password(true) }),
    )
    await first.call('POST', 'machines', { body: { Name: 'old', Params: { 'demo/password': SECRET } } })
    await isSealed(first, t, 'machines/Name:old')
    await first.stop()
    const second = await startTestEndpoint(
      t,
      (folder) => writeFixturePlugin(folder, { name: plain, ...password(false) }),
      { stateDir: first.stateDir, pluginDir: first.pluginDir },
    )
    const { call } = second
    const refused = (await call('GET', 'plugin_providers/zzz')).body
    t.match(refused, { Available: false, Errors: [/demo\/password.* aaa|demo\/password.* zzz/] })
    for (const name of ['aaa', 'zzz', 'demo/password']) t.match(refused.Errors[0], name)
    const old = await call('GET', `plugins/${secure}`)
    t.match(old.body, secure === 'zzz' ? { Available: false, Errors: [/demo\/password/] } : { Available: true })
    t.match((await call('GET', 'plugin_providers/aaa')).body, { Available: true })
    t.match((await call('GET', 'params/demo/password')).body, { Secure: true })
    await isSealed(second, t, 'machines/Name:old')
    await call('POST', 'machines', { body: { Name: 'new', Params: { 'demo/password': SECRET } } })
    await isSealed(second, t, 'machines/Name:new')
  })
}

test('a value that came in the clear is sealed once a definition says Secure, also of a provider that is refused', async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  const running = await startTestEndpoint(
    t,
    (folder) => {
      const params = { 'lamp/colour': { Name: 'lamp/colour', Secure: true, Schema: { type: 'string' } } }
      writeFixturePlugin(folder, { name: 'bbb', ...password(true) })
      writeFixturePlugin(folder, { name: 'ccc', params: { ...password(false).params, ...params }, actions: [] })
    },
    { bus },
  )
  const { call } = running
  t.match((await call('GET', 'plugin_providers/ccc')).body, { Available: false })
  const colour = async () => (await call('GET', 'machines/Name:m1')).body.Params['lamp/colour']
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'lamp/colour': 'red' } } })
  t.match(await colour(), { Payload: String }, 'no provider in use defines it')
  await servePlugin(t, bus, { instance: 'one' })
  await waitUntil('its definition', async () => (await call('GET', 'params/lamp/colour')).status === 200)
  t.match((await call('GET', 'params/lamp/colour')).body, { Secure: true })
  t.match(await colour(), { Payload: String })
})

test('a password of a plugin that is not there yet is sealed when it is set, and stays so when the plugin comes', async (t) => {
  const running = await startTestEndpoint(t)
  const { call, endpoint, logged } = running
  const seen = collectEvents(endpoint)
  const Params = { 'ipmi/password': SECRET, 'ipmi/address': '10.0.0.1' }
  const made = await call('POST', 'machines', { body: { Name: 'early', Params } })
  await call('POST', 'profiles', { body: { Name: 'rack', Params: { 'ipmi/kg': SECRET } } })
  const event = await seen.find('the event', ({ Type, Action }) => `${Type}.${Action}` === 'machines.create')
  const hidden = async () => {
    const paths = ['machines', 'machines?aggregate=true', 'machines/Name:early/params', 'profiles', 'events?limit=1000']
    for (const path of paths) t.notMatch((await call('GET', path)).text, SECRET, path)
    t.notMatch(JSON.stringify([made.text, event, logged]), SECRET)
    t.equal((await call('GET', 'machines/Name:early/params/ipmi/password?decode=true')).body, SECRET)
  }
  await hidden()
  const actions = [
    { Provider: 'ipmi', Model: 'machines', Command: 'ask', RequiredParams: ['ipmi/password'], OptionalParams: [] },
  ]
  const params = { 'ipmi/password': { Name: 'ipmi/password', Secure: true, Schema: { type: 'string' } } }
  const plugin = writeFixturePlugin(tempFolder(t), { name: 'ipmi', params, actions })
  const headers = { 'content-type': 'application/octet-stream' }
  const body = readFileSync(plugin, 'utf8')
  t.equal((await call('POST', 'plugin_providers/ipmi', { body, headers })).status, 201)
  await hidden()
  const asked = await call('POST', 'machines/Name:early/actions/ask')
  t.equal(asked.body.action.Params['ipmi/password'], SECRET, 'the plugin gets it opened')
})

test('a provider on the bus that takes the Secure of a param away is refused with the reason', async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  const { call } = await startTestEndpoint(
    t,
    (folder) => {
      const params = { 'lamp/colour': { Name: 'lamp/colour', Secure: true, Schema: { type: 'string' } } }
      writeFixturePlugin(folder, { name: 'bbb', params, actions: [] })
    },
    { bus },
  )
  await servePlugin(t, bus, { instance: 'one' })
  await waitUntil('the refusal', async () => (await call('GET', 'plugin_providers/lamps')).status === 200)
  t.match((await call('GET', 'plugin_providers/lamps')).body, {
    Available: false,
    Errors: [/lamp\/colour.*bbb.*lamps/],
  })
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'lamp/colour': 'red' } } })
  t.match((await call('GET', 'machines/Name:m1')).body.Params['lamp/colour'], { Payload: String })
})

test("a profile's secret is sealed in its events, whichever bundle defines the param", async (t) => {
  const profiles = { site: { Name: 'site', Params: { 'demo/password': SECRET } } }
  const { endpoint, call } = await startTestEndpoint(t, (folder) => {
    writeFixturePlugin(folder, { name: 'aaa', params: {}, profiles, actions: [] })
    writeFixturePlugin(folder, { name: 'bbb', ...password(true) })
  })
  const seen = collectEvents(endpoint)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  await call('POST', 'profiles', { body: { Name: 'own', Params: { 'demo/password': SECRET } } })
  await seen.find('an event', ({ Type, Key }) => Type === 'profiles' && Key === 'own')
  t.notMatch((await call('GET', 'events?limit=1000')).text, SECRET)
  t.match((await call('GET', 'events?limit=1000')).text, /own/)
  t.notMatch((await call('GET', 'profiles/site')).text, SECRET)
})

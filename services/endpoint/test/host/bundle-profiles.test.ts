import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const serialConsole = (value: string) => ({
  console: { Name: 'console', Description: 'Serial', Params: { kernel: value } },
})

test("machines can use a bundle's profiles, and each start sets the bundle's values", async (t) => {
  const first = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { profiles: serialConsole('ttyS0') }))
  const made = await first.call('POST', 'machines', { body: { Name: 'node-1', Profiles: ['console'] } })
  t.equal(made.status, 201)
  t.match((await first.call('GET', 'profiles/console')).body, { Description: 'Serial', Params: { kernel: 'ttyS0' } })
  const change = await first.call('POST', 'profiles/console/params/own', { body: 7 })
  t.match([change.status, change.body], [409, { Type: 'OBJECT_CONFLICT', Messages: [/bundle demo/] }])
  await first.stop()

  const { stateDir } = first
  const write = (folder: string) => writeFixturePlugin(folder, { profiles: serialConsole('ttyS1') })
  const second = await startTestEndpoint(t, write, { stateDir })
  t.same((await second.call('GET', 'profiles/console')).body.Params, { kernel: 'ttyS1' })
  const params = await second.call('GET', `machines/Name:node-1/params?aggregate=true`)
  t.equal(params.body.kernel, 'ttyS1')
})

test('an invalid profile in a bundle disturbs nothing else', async (t) => {
  const profiles = { bad: { Name: '', Params: {} }, ...serialConsole('ttyS0') }
  const { call, logged } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { profiles }))
  t.equal((await call('GET', 'profiles/console')).status, 200)
  t.match((await call('GET', 'plugins/demo')).body, { Available: true })
  t.ok(logged.some(({ plugin, level }) => plugin === 'demo' && level === 40))
})

test("seeded params are set before a plugin's first start, and secure ones are sealed", async (t) => {
  const { call } = await startTestEndpoint(
    t,
    (folder) =>
      writeFixturePlugin(folder, {
        config: `const early = config['demo/address'] !== 'here' || config['demo/password'] !== 'secret'
          answer(early ? 400 : 200, { Code: early ? 400 : 200, Messages: [] })`,
      }),
    {
      seeds: async () => ({
        plugins: [{ Name: 'demo', Params: { 'demo/address': 'here', 'demo/password': 'secret' } }],
      }),
    },
  )
  const { body } = await call('GET', 'plugins/demo')
  t.match(body, { Provider: 'demo', Available: true, Errors: { length: 0 } })
  t.notMatch(JSON.stringify(body), /"secret"/)
})

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const fastRestart = { firstMs: 10, mostMs: 40, attempts: 3, healthyMs: 60_000 }

test('a config that fails in an outage is sent again, and the plugin shows the reason meanwhile', async (t) => {
  const away = join(tempFolder(t), 'away')
  writeFileSync(away, '')
  const { call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      config: `if (fs.existsSync(${JSON.stringify(away)})) answer(502, { Code: 502, Messages: ['the cloud is away'] })
        else answer(200, { Code: 200 })`,
    }),
  )
  t.match((await call('GET', 'plugins/demo')).body, { Available: false, Errors: ['the cloud is away'] })
  rmSync(away)
  const isAvailable = async () => (await call('GET', 'plugins/demo')).body.Available
  await waitUntil('the next try', isAvailable, { timeoutMs: 30_000 })
})

test('a plugin that was given up is restarted when its params change', async (t) => {
  const { call } = await startTestEndpoint(
    t,
    (folder) =>
      writeFixturePlugin(folder, { config: "if (config['demo/port'] === 1) process.exit(5); answer(200, {})" }),
    { restart: fastRestart },
  )
  await call('POST', 'plugins/demo/params/demo/port', { body: '1' })
  const errors = async () => (await call('GET', 'plugins/demo')).body.Errors
  await waitUntil('the end of the attempts', async () => /given up/.test((await errors())[0]))
  const given = await errors()
  await call('POST', 'plugins/demo/params/demo/port', { body: '1' })
  t.same(await errors(), given, 'the same config again changes nothing')
  await call('POST', 'plugins/demo/params/demo/port', { body: '2' })
  t.same(await errors(), [])
  t.equal((await call('POST', 'system/actions/survey')).body.configured['demo/port'], 2)
})

test('a plugin object whose provider changes is run by the new provider', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => {
    writeFixturePlugin(folder, { autoStart: false })
    writeFixturePlugin(folder, { name: 'other', autoStart: false })
  })
  await call('POST', 'plugins', { body: { Name: 'lamps', Provider: 'demo' } })
  const before = (await call('POST', 'system/actions/survey')).body
  const changed = await call('PATCH', 'plugins/lamps', {
    body: [{ op: 'replace', path: '/Provider', value: 'other' }],
  })
  t.match(changed.body, { Provider: 'other', Available: true, Errors: { length: 0 } })
  t.throws(() => process.kill(before.pid, 0), { code: 'ESRCH' })
  t.match((await call('GET', '/plugin-apis/lamps/x')).status, 202)
  const unknown = await call('PUT', 'plugins/lamps', { body: { Provider: 'nobody' } })
  t.match(unknown.body, { Available: false, Errors: [/nobody/] })
})

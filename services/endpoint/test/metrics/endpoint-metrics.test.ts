import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { actionMetrics, readMetrics } from '../../src/metrics/metric-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const facts = [...Object.values(actionMetrics), ...Object.values(readMetrics)]

test('metrics cover actions, plugins and the bus', async (t) => {
  const { call } = await startTestEndpoint(
    t,
    (folder) => {
      const action = 'body.Params["demo/level"] === 3 ? process.exit(9) : answer(200, "done")'
      writeFixturePlugin(folder, { action })
    },
    { restart: { firstMs: 10, mostMs: 40, attempts: 5, healthyMs: 60_000 } },
  )
  const text = async () => (await call('GET', '/metrics')).text
  t.match(await text(), /^powerbus_endpoint_plugin_up\{plugin="demo"\} 1$/m)
  t.match(await call('POST', 'system/actions/survey'), { status: 200 })
  const found = await text()
  t.match(found, /^powerbus_endpoint_actions_total\{plugin="demo",kind="",command="survey",code="OK"\} 1$/m)
  t.match(found, /^powerbus_endpoint_action_duration_seconds_count\{plugin="demo",command="survey"\} 1$/m)
  t.match(found, /^powerbus_endpoint_actions_running 0$/m)
  t.match(found, /^powerbus_endpoint_plugin_restarts_total\{plugin="demo"\} 0$/m)
  t.match(found, /^powerbus_bus_connected\{driver="in-process"\} 1$/m)
  t.match(found, /^powerbus_bus_published_total [1-9]\d*$/m)
  for (const { name, type } of facts) t.match(found, new RegExp(`^# TYPE ${name} ${type}$`, 'm'))
})

test("metrics count a plugin's restart and the result codes of its actions", async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { action: 'process.exit(9)' }), {
    restart: { firstMs: 10, mostMs: 40, attempts: 5, healthyMs: 60_000 },
  })
  t.ok((await call('POST', 'system/actions/survey')).status >= 500)
  await waitUntil('its second run', async () => {
    const { text } = await call('GET', '/metrics')
    const isBack = /^powerbus_endpoint_plugin_up\{plugin="demo"\} 1$/m.test(text)
    return isBack && /^powerbus_endpoint_plugin_restarts_total\{plugin="demo"\} 1$/m.test(text)
  })
  const { text } = await call('GET', '/metrics')
  t.match(
    text,
    /^powerbus_endpoint_actions_total\{.*command="survey",code="(OUTCOME_UNKNOWN|PLUGIN_UNAVAILABLE)"\} 1$/m,
  )
})

test('metrics need a token', async (t) => {
  const { call } = await startTestEndpoint(t)
  t.equal((await call('GET', '/metrics', { token: '' })).status, 401)
  t.equal((await call('GET', '/metrics')).status, 200)
})

test('the document lists all metrics', (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/operating.md'), 'utf8')
  for (const { name, labels } of facts) {
    t.ok(text.includes(`| \`${name}\` | ${labels.map((label) => `\`${label}\``).join(', ')}`), name)
  }
  t.end()
})

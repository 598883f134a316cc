import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, connectBus } from '@powerbus/bus'
import { test } from 'tap'
import { EventReporter } from '../../src/events/event-reporter.ts'
import type { ActionEnd } from '../../src/host/action-observer.ts'
import { PowerbusError } from '../../src/index.ts'
import { actionMetrics, type MetricFacts, readMetrics } from '../../src/metrics/metric-list.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { demo } from '../fixture/demo-plugin.ts'

const document = join(import.meta.dirname, '../../../../docs/serving.md')
const facts: readonly MetricFacts[] = [...Object.values(actionMetrics), ...Object.values(readMetrics)]

/** Name, type and labels of each metric in the text for Prometheus. */
function exported(text: string): Map<string, { type: string; labels: string[] }> {
  const found = new Map<string, { type: string; labels: string[] }>()
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const [, labels = ''] = new RegExp(`^${name}(?:_sum)?(?:\\{(.*)\\})? `, 'm').exec(text) ?? []
    found.set(name, { type, labels: [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label) })
  }
  return found
}

async function everythingOn(bus: Bus): Promise<string> {
  const outbox = new EventReporter(bus, { onLost: () => undefined })
  const metrics = await createMetrics({ plugin: demo, instance: 'i', bus: () => bus, outbox, ready: async () => true })
  const names = { plugin: 'demo-plugin', name: 'demo-plugin', command: 'echo', kind: '', driver: 'd' }
  const run = { id: '', ...names, model: {}, requestId: '', principal: '' }
  const ends: ActionEnd[] = [
    { durationMs: 20, result: { Attempts: 3 } },
    { durationMs: 30, error: new PowerbusError('TARGET_BUSY', 'held') },
  ]
  for (const end of ends) metrics.observer.begin(run)(end)
  metrics.observer.begin(run)
  metrics.observer.refuse?.(new PowerbusError('ACTION_UNKNOWN', 'none'))
  return await metrics.text()
}

test('exported, listed and documented metrics are the same', async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  await bus.serve(['action', 'demo-plugin', '*'], async () => null)
  await bus.subscribe({ durable: 'd', match: [{ Type: '*', Action: '*', Key: '*' }] }, async () => undefined)
  const text = await everythingOn(bus)

  await t.test(
    'every listed metric is exported with its type and labels, and the only others are those of the plugin',
    async (t) => {
      const found = exported(text)
      for (const { name, type, labels } of facts) t.strictSame(found.get(name), { type, labels: [...labels] }, name)
      t.same(
        [...found.keys()].filter((name) => !facts.some((one) => one.name === name)),
        ['powerbus_demo_packets_total'],
      )
    },
  )

  await t.test('docs/serving.md lists all metrics', async (t) => {
    const rows = [
      ...readFileSync(document, 'utf8').matchAll(/^\| `(powerbus_\w+)` \| (counter|gauge|histogram) \| (.*?) \|/gm),
    ]
    const documented = rows.map(([, name, type, labels = '']) => ({ name, type, labels: labels.match(/\w+/g) ?? [] }))
    t.strictSame(
      documented,
      facts.map(({ name, type, labels }) => ({ name, type, labels: [...labels] })),
    )
  })

  await t.test('the values match the actions and events', async (t) => {
    const labels = 'plugin="demo-plugin",command="echo",driver="d"'
    for (const line of [
      `powerbus_actions_total{${labels},code="OK"} 1`,
      `powerbus_actions_total{${labels},code="TARGET_BUSY"} 1`,
      `powerbus_action_retries_total{${labels}} 2`,
      `powerbus_action_duration_seconds_count{${labels}} 2`,
      'powerbus_actions_running{plugin="demo-plugin"} 1',
      'powerbus_action_requests_refused_total{plugin="demo-plugin",code="ACTION_UNKNOWN"} 1',
      'powerbus_bus_lag_events{durable="d"} 0',
      'powerbus_demo_packets_total{way="out"} 7',
      'powerbus_demo_packets_total{way="in"} 5',
    ]) {
      t.ok(text.includes(`${line}\n`), line)
    }
  })
})

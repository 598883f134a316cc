import { join } from 'node:path'
import { connectBus } from '@powerbus/bus'
import { startNatsServer, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { builtDemo } from '../fixture/launched-plugin.ts'
import { startServe } from '../fixture/served-plugin.ts'

const tracing = join(import.meta.dirname, '../fixture/fake-tracing.cjs')
const PLUGIN = 'demo-plugin'

test('an action from the bus is a span below that of its caller, and the caller’s request id stands in the log', async (t) => {
  const { executable } = await builtDemo(t)
  const nats = await startNatsServer(t)
  const bus = await connectBus({ url: nats.url, name: 'test' })
  t.teardown(() => bus.close())
  const env = { NATS_URL: nats.url, NODE_OPTIONS: `--require ${tracing}` }
  const { process } = await startServe(t, executable, { env })
  await waitUntil('the plugin', async () => (await bus.present('plugin')).length === 1)
  await bus.request(['config', PLUGIN], { 'demo/key': 'a-key' }, { timeoutMs: 10_000 })
  const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
  const body = { Model: { Name: 'node-01' }, Plugin: PLUGIN, Command: 'nothing', CommandSet: '', Params: {} }
  const options = { timeoutMs: 10_000, requestId: 'traced-1', trace: { traceparent } }
  await bus.request(['action', PLUGIN, 'nothing'], body, options)
  // The answer comes over the bus, and may be here before what was printed first.
  await process.waitForOutput(new RegExp(`span action nothing below ${traceparent}\n`), { stream: 'stderr' })
  await process.waitForOutput(/"traced-1"/, { stream: 'stderr' })
})

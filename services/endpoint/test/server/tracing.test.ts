import { connectBus } from '@powerbus/bus'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { servePlugin } from '../fixtures/served-plugin.ts'

const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
const tracestate = 'vendor=1'

test("a launched plugin gets the caller's trace and request id, and no other headers", async (t) => {
  const { call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, { action: 'answer(200, request.headers)' }),
  )
  const headers = { traceparent, tracestate, 'x-request-id': 'r-1', 'x-other': 'no' }
  const { body } = await call('POST', 'system/actions/survey', { headers })
  t.match(body, { traceparent, tracestate, 'x-request-id': 'r-1' })
  t.equal(body['x-other'], undefined)
  const wrong = await call('POST', 'system/actions/survey', { headers: { traceparent: 'x', tracestate } })
  t.same([wrong.body.traceparent, wrong.body.tracestate], [undefined, undefined])
})

test("a plugin on the bus gets the caller's trace and request id", async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  const { call } = await startTestEndpoint(t, undefined, { bus })
  await servePlugin(t, bus, { instance: 'a', act: (_action, { requestId, trace }) => ({ requestId, trace }) })
  await waitUntil('the plugin', async () => (await call('GET', 'plugins/lamps')).body.Available === true)
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm' } })).body
  const headers = { traceparent, tracestate, 'x-request-id': 'r-2' }
  const { body } = await call('POST', `machines/${Uuid}/actions/light`, { headers })
  t.same(body, { requestId: 'r-2', trace: { traceparent, tracestate } })
})

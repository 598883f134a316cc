import { test } from 'tap'
import { actionTracer } from '../../src/host/action-tracer.ts'
import { PowerbusError } from '../../src/index.ts'

const GLOBAL = Symbol.for('opentelemetry.js.api.1')
const names = { plugin: 'p', name: 'p', command: 'c', kind: '', driver: 'native' }
const run = { id: 'i', ...names, model: {}, requestId: 'r-1', principal: '' }

test('without an SDK in the process there is no tracer', async (t) => {
  t.notOk(GLOBAL in globalThis)
  t.equal(await actionTracer(), undefined)
})

test('with one, each action is a span with its outcome, and no message of an error is in it', async (t) => {
  const { trace } = await import('@opentelemetry/api')
  const spans: { name: string; attributes: unknown; status: unknown; ended: boolean }[] = []
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan: () => {
        throw new Error('not used')
      },
      startActiveSpan: (name: string, options: unknown, _parent: unknown, work: (span: unknown) => unknown) => {
        const span = {
          name,
          attributes: (options as { attributes: unknown }).attributes,
          status: undefined as unknown,
          ended: false,
        }
        spans.push(span)
        return work({
          setStatus: (status: unknown) => {
            span.status = status
          },
          end: () => {
            span.ended = true
          },
        })
      },
    }),
  } as unknown as Parameters<typeof trace.setGlobalTracerProvider>[0])
  t.teardown(() => trace.disable())
  const tracer = await actionTracer()
  if (!tracer) throw new Error('no tracer')
  t.equal(await tracer(run, {}, async () => 7), 7)
  const failing = tracer(run, { traceparent: 'x' }, async () => {
    throw new PowerbusError('TARGET_BUSY', 'hunter2 is held')
  })
  await t.rejects(failing, { code: 'TARGET_BUSY' })
  t.match(spans, [
    { name: 'action c', attributes: { 'powerbus.request_id': 'r-1', 'powerbus.driver': 'native' }, ended: true },
    { status: { message: 'TARGET_BUSY' }, ended: true },
  ])
  t.equal(spans[0]?.status, undefined)
  t.notMatch(JSON.stringify(spans), /hunter2/)
})

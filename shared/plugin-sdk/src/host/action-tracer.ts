import type { ActionRun } from './action-observer.ts'

/** Runs actions inside spans of OpenTelemetry. */
export type ActionTracer = <T>(run: ActionRun, traceHeaders: TraceHeaders, work: () => Promise<T>) => Promise<T>

/** `traceparent` and `tracestate` of whoever asks, where they came. */
export type TraceHeaders = Readonly<Record<string, unknown>>

/** Where an SDK leaves itself, for every copy of the API of its major version to find. */
const GLOBAL = Symbol.for('opentelemetry.js.api.1')

/** Undefined where no SDK was loaded into this process (NODE_OPTIONS=--require ...): then nothing is loaded here either. */
export async function actionTracer(): Promise<ActionTracer | undefined> {
  if (!(GLOBAL in globalThis)) return undefined
  const { context, propagation, SpanKind, SpanStatusCode, trace } = await import('@opentelemetry/api')
  const tracer = trace.getTracer('powerbus')
  return (run, traceHeaders, work) => {
    const attributes = {
      'powerbus.plugin': run.plugin,
      'powerbus.command': run.command,
      'powerbus.request_id': run.requestId,
      ...(run.driver !== '' && { 'powerbus.driver': run.driver }),
    }
    const parent = propagation.extract(context.active(), traceHeaders)
    const options = { kind: SpanKind.SERVER, attributes }
    return tracer.startActiveSpan(`action ${run.command}`, options, parent, async (span) => {
      try {
        return await work()
      } catch (error) {
        // The message may repeat what a BMC or a program said: its code is enough to find the line in the log.
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'INTERNAL'
        span.setStatus({ code: SpanStatusCode.ERROR, message: code })
        throw error
      } finally {
        span.end()
      }
    })
  }
}

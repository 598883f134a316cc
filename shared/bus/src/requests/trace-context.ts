/** Where a request stands in a trace, as W3C Trace Context says it. */
export interface TraceContext {
  /** Version, trace id, id of the caller's span, flags, in hexadecimal. */
  readonly traceparent: string
  /** At most 512 characters. */
  readonly tracestate?: string
}

const PARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/
const STATE = /^[\x20-\x7e]{1,512}$/

/** From headers by their names in lower case; undefined where there is no traceparent, or one that is none. */
export function traceContextOf(header: (name: 'traceparent' | 'tracestate') => unknown): TraceContext | undefined {
  const [traceparent, tracestate] = [header('traceparent'), header('tracestate')]
  if (typeof traceparent !== 'string' || !PARENT.test(traceparent)) return undefined
  const isState = typeof tracestate === 'string' && STATE.test(tracestate)
  return isState ? { traceparent, tracestate } : { traceparent }
}

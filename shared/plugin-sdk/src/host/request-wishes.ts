import { randomUUID } from 'node:crypto'
import { isJsonObject, type LogLevel } from '@powerbus/drp'
import type { TraceHeaders } from './action-tracer.ts'

/** An id that is longer, or has other characters, is not taken from a header into every log line. */
const requestIdHeader = /^[\w.:/-]{1,128}$/

/** What the request's headers ask for, besides the request itself. */
export interface RequestWishes {
  readonly requestId?: string | undefined
  readonly level?: LogLevel | undefined
  readonly traceHeaders?: TraceHeaders
}

/** Who sends a body that is no Action gets an id too: his request stands in the log as well. */
export function requestIdOf(body: unknown, wishes: RequestWishes): string {
  const params = isJsonObject(body) && isJsonObject(body.Params) ? body.Params : {}
  const given = params['power/request-id']
  if (typeof given === 'string' && given !== '') return given
  return plainId(wishes) ?? randomUUID()
}

/** The caller's id, where it is one that may stand in every log line. */
export function plainId({ requestId }: RequestWishes): string | undefined {
  return requestId !== undefined && requestIdHeader.test(requestId) ? requestId : undefined
}

import { randomUUID } from 'node:crypto'
import { isJsonObject, type LogLevel } from '@powerbus/drp'
import type { TraceHeaders } from './action-tracer.ts'

/** An id that is longer, or has other characters, is not taken from a header into every log line and every event. */
export const requestIdPattern = /^[\w.:@/-]{1,128}$/

/** What the request's headers ask for, besides the request itself. */
export interface RequestWishes {
  readonly requestId?: string | undefined
  readonly level?: LogLevel | undefined
  readonly traceHeaders?: TraceHeaders
}

/** Who sends a body that is no Action gets an id too: his request stands in the log as well. */
export function requestIdOf(body: unknown, wishes: RequestWishes): string {
  return namedRequest(body) ?? plainId(wishes) ?? randomUUID()
}

/**
 * What tells the ask from others (events/action-identity.ts). An endpoint of ours sends it beside the Action. Without that, one that is named
 * and comes again with the same correlation id is the same, and what nobody named is one of its own.
 */
export function actionIdOf(body: unknown, requestId: string): string {
  const given = isJsonObject(body) ? body.ActionId : undefined
  if (typeof given === 'string' && given !== '') return given
  const named = namedRequest(body)
  return named === undefined ? randomUUID() : JSON.stringify([named, requestId])
}

/** The param `power/request-id`. */
function namedRequest(body: unknown): string | undefined {
  const params = isJsonObject(body) && isJsonObject(body.Params) ? body.Params : {}
  const given = params['power/request-id']
  return typeof given === 'string' && given !== '' ? given : undefined
}

/** The caller's id, where it is one that may stand in every log line. */
export function plainId({ requestId }: RequestWishes): string | undefined {
  return requestId !== undefined && requestIdPattern.test(requestId) ? requestId : undefined
}

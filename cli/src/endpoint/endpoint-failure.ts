import { DrpApiError } from '@powerbus/drp'
import type { Failure } from '../sweep.ts'
import { messageOf } from './with-endpoint.ts'

/**
 * An error of the API as the line of one machine: `status` is that of HTTP, or 0 where there was no answer; `code` is that of the table
 * of errors, where the endpoint or its plugin named one.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof DrpApiError)) return { message: error instanceof Error ? error.message : String(error) }
  const lost = error.sent && (error.kind === 'unreachable' || error.kind === 'timeout')
  const message = lost ? `${messageOf(error)}: it may have happened or not` : messageOf(error)
  const code = error.drpError?.Reason || error.drpError?.Type
  return { message, kind: error.kind, status: error.status, ...(code && { code }) }
}

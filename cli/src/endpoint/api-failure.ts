import { DrpApiError } from '@powerbus/drp'
import { CliError, NoEndpointError } from '../cli-error.ts'
import type { Failure } from '../sweep.ts'

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

/** The endpoint's own words, without the request they belong to; other errors stay as they are. */
export function explain(error: unknown, url: string): unknown {
  if (!(error instanceof DrpApiError)) return error
  const options = { cause: error }
  if (error.kind === 'unreachable') {
    return new NoEndpointError(`no endpoint answers at ${url}: start one with 'npm start' or 'powerbus up'`, options)
  }
  if (error.kind === 'untrusted') {
    return new CliError(`${url} has another certificate than the endpoint had: log in again if that is right`, options)
  }
  if (error.kind === 'unauthorized' && error.status === 401) {
    return new CliError(`${url} does not take the token any more: 'powerbus login ${url}'`, options)
  }
  return new CliError(messageOf(error), options)
}

/** What a DrpApiError says, in the endpoint's words where there are any. */
function messageOf(error: DrpApiError): string {
  return error.drpError?.Messages.join('; ') || error.message
}

import { DrpApiError } from '@powerbus/drp'
import { CliError, NoEndpointError } from '../cli-error.ts'
import type { Failure } from '../sweep.ts'

/**
 * An error of the API as one machine's failure. `status` is the HTTP status, 0 without an answer. `code` is the code of
 * the error table, where endpoint or plugin gave one. `reads`: the request changes nothing.
 */
export function failureOf(error: unknown, reads = false): Failure {
  if (!(error instanceof DrpApiError)) return { message: error instanceof Error ? error.message : String(error) }
  const lost = !reads && error.sent && (error.kind === 'unreachable' || error.kind === 'timeout')
  const message = lost
    ? `${messageOf(error)}: the request may have been carried out; check the machine`
    : messageOf(error)
  const code = error.drpError?.Reason || error.drpError?.Type
  return { message, kind: error.kind, status: error.status, ...(code && { code }) }
}

/** Turns a DrpApiError into a CliError that says what to do next. Returns other errors unchanged. */
export function explain(error: unknown, url: string): unknown {
  if (!(error instanceof DrpApiError)) return error
  const options = { cause: error }
  if (error.kind === 'unreachable') {
    return new NoEndpointError(`no endpoint answers at ${url}: start one with 'npm start' or 'powerbus up'`, options)
  }
  if (error.kind === 'untrusted') {
    return new CliError(
      `${url} does not have the certificate of your login: log in again if it was replaced on purpose`,
      options,
    )
  }
  if (error.kind === 'unauthorized' && error.status === 401) {
    return new CliError(`${url} refuses the saved token: run 'powerbus login ${url}'`, options)
  }
  return new CliError(messageOf(error), options)
}

/** The endpoint's messages, else the client's. */
function messageOf(error: DrpApiError): string {
  return error.drpError?.Messages.join('; ') || error.message
}

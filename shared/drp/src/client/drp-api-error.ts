import { type DrpError, drpErrorText } from '../drp-error.ts'
import { isUntrusted, wasNeverSent } from './never-sent.ts'

/**
 * `unreachable`: no connection, or it broke. `untrusted`: the certificate is not trusted. `timeout`: a deadline passed.
 * `protocol`: the answer violates the contract or is too long. `unauthorized`: 401 or 403. `not-found`: 404.
 * `conflict`:
 * 409. `refused`: any other status of 400 or more.
 */
export type DrpApiErrorKind =
  | 'unreachable'
  | 'untrusted'
  | 'timeout'
  | 'protocol'
  | 'unauthorized'
  | 'not-found'
  | 'conflict'
  | 'refused'

/** A failed request to the DRP API. */
export class DrpApiError extends Error {
  readonly kind: DrpApiErrorKind
  /** HTTP status of the answer; 0 without an answer. */
  readonly status: number
  /** The Error object in the answer. */
  readonly drpError: DrpError | undefined
  /** Whether the server may have received the request. If false, any request may safely be sent again. */
  readonly sent: boolean

  constructor(
    kind: DrpApiErrorKind,
    message: string,
    options: { status?: number; drpError?: DrpError | undefined; sent?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'DrpApiError'
    this.kind = kind
    this.status = options.status ?? 0
    this.drpError = options.drpError
    this.sent = options.sent ?? true
  }
}

/** The error for an answer with a status of 400 or more. */
export function refusal(request: string, status: number, drpError: DrpError | undefined): DrpApiError {
  const reason = drpError && drpError.Messages.length > 0 ? drpErrorText(drpError) : `status ${status}`
  return new DrpApiError(kindOfStatus(status), `${request}: ${reason}`, { status, drpError })
}

function kindOfStatus(status: number): DrpApiErrorKind {
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404) return 'not-found'
  return status === 409 ? 'conflict' : 'refused'
}

/** The error for a request that failed before its answer was complete. */
export function brokenExchange(request: string, cause: unknown): DrpApiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const message = `${request}: ${cause instanceof Error && cause.message ? cause.message : code || String(cause)}`
  if (isUntrusted(cause)) return new DrpApiError('untrusted', message, { cause, sent: false })
  if (code === 'DRP_CONNECT_TIMEOUT') return new DrpApiError('timeout', message, { cause, sent: false })
  if (code === 'ETIMEDOUT') return new DrpApiError('timeout', message, { cause })
  if (code === 'DRP_ANSWER_TOO_LONG' || code.startsWith('HPE_')) return new DrpApiError('protocol', message, { cause })
  return new DrpApiError('unreachable', message, { cause, sent: !wasNeverSent(cause) })
}

import { classOf } from '../messages/message-class.ts'
import type { RedfishMessage } from '../messages/redfish-message.ts'
import type { Answer } from './answer.ts'
import type { EndReason } from './deadline.ts'
import { RedfishError, type RedfishErrorDetails, type RedfishErrorKind } from './redfish-error.ts'
import { pathOf } from './redfish-path.ts'
import type { Request } from './request.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Run } from './run.ts'
import type { WireFailure } from './wire.ts'

/** Longest list of messages in the text of an error. */
const SENTENCES = 3

/** The error of an answer that is no success. */
export function answerFailure(address: string, request: Request, answer: Answer, run: Run): RedfishError {
  const messages = answer.messages.map((message) => hidden(message, run))
  const kind = kindOf(request, answer)
  const said = sentences(messages)
  const what = `${name(request)} ${verdicts[kind] ?? 'was refused'} (${answer.status})${said && `: ${said}`}`
  const account = kind === 'password-change' ? accountOf(answer.messages) : undefined
  const retryAfter = retryAfterMs(answer.headers['retry-after'], answer.headers.date)
  return new RedfishError(kind, address, what, {
    status: answer.status,
    messages,
    sent: run.sent,
    path: request.path,
    ...(account !== undefined && { account }),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
  })
}

const verdicts: Partial<Record<RedfishErrorKind, string>> = {
  credentials: 'was refused: user or password is wrong',
  'password-change': 'was refused: the password of the account must be changed first',
  privilege: 'was refused: the user may not do this, or a licence is missing',
  'not-found': 'found nothing',
  unsupported: 'is not supported by the BMC',
  busy: 'was put off by the BMC',
  conflict: 'conflicts with the present state',
  precondition: 'was refused because of its ETag',
  'session-limit': 'was refused: the BMC has no free session',
  'unknown-outcome': 'failed inside the BMC, which may have carried it out',
}

/** The kind by the messages first, since firmware often answers 400 or 500 for everything; else by the status. */
export function kindOf({ method }: Request, { status, messages }: Answer): RedfishErrorKind {
  const found = classOf(messages)
  if (status === 401) return 'credentials'
  if (found === 'session-lost') return 'credentials'
  // It may have been carried out all the same.
  if (method === 'POST' && messages.some(({ key }) => key === 'OperationTimeout')) return 'unknown-outcome'
  if (found && found !== 'fine' && found !== 'internal') return found
  if (status === 403) return 'privilege'
  if (status === 404 || status === 410) return 'not-found'
  if (status === 405 || status === 501) return 'unsupported'
  if (status === 409) return 'conflict'
  if (status === 412 || status === 428) return 'precondition'
  if (status === 429 || status === 503) return 'busy'
  // A gateway inside the BMC, or the BMC itself, gave up in the middle.
  if (status >= 500 && method !== 'GET') return 'unknown-outcome'
  return 'refused'
}

/** Up to three sentences of the BMC, without those that say that nothing is wrong. */
function sentences(messages: readonly RedfishMessage[]): string {
  const bad = messages.filter((message) => classOf([message]) !== 'fine')
  const texts = (bad.length > 0 ? bad : messages).map(({ text }) => text).filter((text) => text !== '')
  return [...new Set(texts)].slice(0, SENTENCES).join(' ')
}

function hidden(message: RedfishMessage, run: Run): RedfishMessage {
  return { ...message, text: run.hide(message.text), args: message.args.map(run.hide) }
}

/** The first argument, where it is a path. */
function accountOf(messages: readonly RedfishMessage[]): string | undefined {
  const [arg] = messages.find(({ key }) => key === 'PasswordChangeRequired')?.args ?? []
  return arg === undefined ? undefined : pathOf(arg)
}

export function name({ method, path }: Request): string {
  return `${method} ${path}`
}

/** The error of an exchange that brought no answer. */
export function wireFailure(address: string, request: Request, failure: WireFailure, run: Run): RedfishError {
  const details: RedfishErrorDetails = { sent: run.sent, path: request.path, cause: failure.cause }
  const lostWrite = run.isOpen && request.method !== 'GET'
  const error = (kind: RedfishErrorKind, what: string) => new RedfishError(kind, address, what, details)
  switch (failure.reason) {
    case 'aborted':
      return endFailure(address, request, run)
    case 'connect':
      return error('unreachable', connectText(failure.cause))
    case 'tls':
      return error('tls', tlsText(failure.cause))
    case 'lost':
    case 'cut':
      if (lostWrite)
        return error(
          'unknown-outcome',
          `${name(request)} was sent, and the connection ended before the answer; read the state before you repeat it`,
        )
      return failure.reason === 'cut'
        ? error('malformed', `the answer to ${name(request)} was cut off`)
        : error('unreachable', `the BMC ended the connection before its answer to ${name(request)}`)
    case 'too-large':
    case 'malformed': {
      const fault = failure.reason === 'too-large' ? `is larger than ${run.maxBytes} bytes` : 'is not HTTP'
      if (lostWrite)
        return error(
          'unknown-outcome',
          `${name(request)} was sent, and the answer ${fault}; read the state before you repeat it`,
        )
      return error('malformed', `the answer to ${name(request)} ${fault}`)
    }
  }
}

const ends: Readonly<Record<EndReason, string>> = {
  timeout: 'did not answer before the deadline',
  aborted: 'had not answered when the caller ended the call',
  closed: 'had not answered when the client was closed',
}

/** The error of a call whose time is over, or whose caller left. */
export function endFailure(address: string, request: Request | string, run: Run): RedfishError {
  const reason = run.deadline.reason ?? 'timeout'
  const { isOpen } = run
  const kind = reason === 'timeout' && isOpen ? 'unknown-outcome' : reason
  const what = typeof request === 'string' ? request : name(request)
  const hint = isOpen ? `; ${what} had been sent: read the state before you repeat it` : ` (${what})`
  const path = typeof request === 'string' ? {} : { path: request.path }
  return new RedfishError(kind, address, `the BMC ${ends[reason]}${hint}`, { sent: run.sent, ...path })
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

function connectText(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'ECONNREFUSED':
      return 'nothing listens on this port; check that Redfish is switched on, and the port'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name has no address'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'there is no route to this address'
    case 'ECONNRESET':
      return 'the connection was closed during the TLS handshake; check the port, or allow old TLS for this BMC'
    case 'ETIMEDOUT':
      return 'no connection came about in time; check the address and that the BMC is up'
    default:
      return `no connection came about (${codeOf(cause) || 'unknown reason'})`
  }
}

function tlsText(cause: unknown): string {
  const code = codeOf(cause)
  if (code === 'ERR_TLS_FINGERPRINT' && cause instanceof Error) {
    return `another certificate than the pinned one was shown: ${cause.message}; pin this one only if you know why it changed`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate is for another name; pin its fingerprint instead'
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate has expired; renew it, or pin its fingerprint'
  if (code === 'CERT_NOT_YET_VALID') return 'the certificate is not valid yet; check the clocks, or pin its fingerprint'
  if (/SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|INVALID_CA|CERT_UNTRUSTED/.test(code)) {
    return `no trusted CA signed the certificate (${code}); name the CA, or pin the certificate's fingerprint`
  }
  return `the TLS handshake failed (${code}); a BMC with old TLS or ciphers alone needs the legacy option`
}

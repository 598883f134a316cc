import type { RedfishMessage } from '../messages/redfish-message.ts'

export type RedfishErrorKind =
  /** No connection: no address, no route, refused, or no answer to the TCP or TLS handshake. */
  | 'unreachable'
  /** No answer until the deadline of the call; nothing was sent that must not be repeated. */
  | 'timeout'
  /** The certificate was not accepted, or both ends have no TLS version or cipher in common. */
  | 'tls'
  /** Wrong user or password; also while the client does not try refused credentials again. */
  | 'credentials'
  /** The account must get a new password first. `account` names it where the BMC did. */
  | 'password-change'
  /** The user may not do this, or a licence is missing. */
  | 'privilege'
  | 'not-found'
  /** The BMC has no such action, property, value or method. */
  | 'unsupported'
  /** The BMC said "not now" until the deadline or the last repeat. */
  | 'busy'
  /** 409: already so, or not yet. The state tells which. */
  | 'conflict'
  /** 412 or 428, after every form of If-Match. */
  | 'precondition'
  /** The BMC refused the request for another reason. */
  | 'refused'
  /** An accepted request failed: the task says why. */
  | 'task-failed'
  /** An answer that is no Redfish: not JSON, cut, too large, too deep, too many redirects. */
  | 'malformed'
  /** The BMC has no free session, and takes no Basic authentication. */
  | 'session-limit'
  /** Sent, and no answer that tells: the BMC may have carried it out. */
  | 'unknown-outcome'
  /** The service has no computer system. */
  | 'no-system'
  /** Several systems, and none that was asked for. */
  | 'several-systems'
  /** The caller's signal ended the call. */
  | 'aborted'
  /** The client or the connection was closed. */
  | 'closed'
  /** An argument out of range. */
  | 'invalid'

export interface RedfishErrorDetails {
  readonly status?: number
  readonly messages?: readonly RedfishMessage[]
  readonly sent: boolean
  readonly path?: string
  readonly account?: string
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** The error class of the client. It contains no password, token or body. */
export class RedfishError extends Error {
  readonly kind: RedfishErrorKind
  /** Address and port of the BMC; `[address]:port` for IPv6. */
  readonly address: string
  /** HTTP status of the answer that decided. */
  declare readonly status?: number
  /** What the BMC said, in its order. */
  readonly messages: readonly RedfishMessage[]
  /**
   * Whether the request of this call may have reached the BMC. False only where it surely did not. A login that the
   * call needed is not its request.
   */
  readonly sent: boolean
  /** Path of the request. */
  declare readonly path?: string
  /** Path of the account whose password must change. */
  declare readonly account?: string
  /** When the BMC wants to be asked again. */
  declare readonly retryAfterMs?: number

  constructor(kind: RedfishErrorKind, address: string, what: string, details: RedfishErrorDetails) {
    super(`${address}: ${what}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'RedfishError'
    this.kind = kind
    this.address = address
    this.messages = details.messages ?? []
    this.sent = details.sent
    if (details.status !== undefined) this.status = details.status
    if (details.path !== undefined) this.path = details.path
    if (details.account !== undefined) this.account = details.account
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
  }

  /** Whether one of the BMC's messages has this key, in any registry. */
  says(key: string): boolean {
    return this.messages.some((message) => message.key === key)
  }
}

export type IpmiErrorKind =
  /** No answer until the deadline; no command was sent that must not be repeated. */
  | 'timeout'
  /** The host name has no address, or the system has no route to it. */
  | 'unreachable'
  /** Unknown user, wrong password or wrong K_g. */
  | 'credentials'
  /** The user may not have the required privilege level. */
  | 'privilege'
  /** The BMC answered a command with a completion code other than 00h. */
  | 'completion'
  /** The BMC refused the session for another reason, or had no free session until the deadline. */
  | 'refused'
  /** The BMC supports none of the proposed cipher suites. */
  | 'unsupported'
  /** A command that must not be repeated was sent and not answered: the BMC may have executed it. */
  | 'unknown-outcome'
  /**
   * A command that must not be repeated was sent, the BMC answered other commands for 10 s after it, and by its own
   * sequence numbers it did not answer this one; its session is closed. It was most likely not executed.
   */
  | 'not-answered'
  /** The client was closed. */
  | 'closed'
  /** The caller's signal aborted the run. */
  | 'aborted'
  /** An argument out of range, or an answer too short to read. */
  | 'invalid'

export interface IpmiErrorDetails {
  readonly completionCode?: number
  readonly status?: number
  readonly waitedMs?: number
  readonly datagrams?: number
  readonly cause?: unknown
}

/** The error class of the client. It never contains a password or a key. */
export class IpmiError extends Error {
  readonly kind: IpmiErrorKind
  /** Address and port of the BMC, as text; `[address]:port` for IPv6. */
  readonly address: string
  /** Completion code, for kinds `completion` and `privilege`. §5.2. */
  declare readonly completionCode?: number
  /** RMCP+ status by which the BMC refused the session. §13.24. */
  declare readonly status?: number
  /** Milliseconds since the run began. */
  declare readonly waitedMs?: number
  /** Datagrams sent to the BMC in this run and those before it in the same session. */
  declare readonly datagrams?: number

  constructor(kind: IpmiErrorKind, address: string, what: string, details: IpmiErrorDetails = {}) {
    super(`${address}: ${what}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'IpmiError'
    this.kind = kind
    this.address = address
    if (details.completionCode !== undefined) this.completionCode = details.completionCode
    if (details.status !== undefined) this.status = details.status
    if (details.waitedMs !== undefined) this.waitedMs = details.waitedMs
    if (details.datagrams !== undefined) this.datagrams = details.datagrams
  }
}

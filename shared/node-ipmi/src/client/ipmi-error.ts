export type IpmiErrorKind =
  /** No answer until the deadline, and nothing was sent that must not be repeated. */
  | 'timeout'
  /** The name has no address, or the system has no route. */
  | 'unreachable'
  /** Unknown user, wrong password or wrong K_g. */
  | 'credentials'
  /** The user may not have the privilege level that is needed. */
  | 'privilege'
  /** The BMC answered a command with a completion code other than 00h. */
  | 'completion'
  /** The BMC refused the session for another reason, or for lack of a free one until the deadline. */
  | 'refused'
  /** No cipher suite in common. */
  | 'unsupported'
  /** A command that must not be repeated was sent, and its answer did not come: it may have been executed. */
  | 'unknown-outcome'
  | 'closed'
  | 'aborted'
  /** An argument, or a BMC's answer, that cannot be. */
  | 'invalid'

export interface IpmiErrorDetails {
  readonly completionCode?: number
  readonly status?: number
  readonly waitedMs?: number
  readonly datagrams?: number
  readonly cause?: unknown
}

/** Every error of the client. It never holds a password or a key. */
export class IpmiError extends Error {
  readonly kind: IpmiErrorKind
  /** Address and port of the BMC, as text; `[address]:port` for IPv6. */
  readonly address: string
  /** Completion code of the command, for kinds `completion` and `privilege`. §5.2. */
  declare readonly completionCode?: number
  /** RMCP+ status that refused the session. §13.24. */
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

import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk/unshared'

export type RemoteErrorKind =
  /** The connection could not be made. */
  | 'unreachable'
  /** The other end is not the one that was expected, or does not speak TLS or SSH. */
  | 'identity'
  | 'timeout'
  /** The connection ended before the answer did, or the answer was cut. */
  | 'lost'
  /** Not now: busy, starting, or no session is free. */
  | 'busy'
  | 'credentials'
  | 'privilege'
  /** What was asked for is not there: a path, a partition. */
  | 'missing'
  /** Not possible in the state that the machine is in. */
  | 'state'
  /** Refused for any other reason. */
  | 'refused'
  /** The answer is not what the protocol says. */
  | 'invalid'

/** What a console of a BMC answered, or did not answer. Its message names the console, and no secret. */
export class RemoteError extends Error {
  readonly kind: RemoteErrorKind
  /** False only where nothing of the command has reached the other end. */
  readonly sent: boolean

  constructor(kind: RemoteErrorKind, message: string, options: { sent: boolean; cause?: unknown } = { sent: true }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RemoteError'
    this.kind = kind
    this.sent = options.sent
  }
}

const codes: Readonly<Record<RemoteErrorKind, ErrorCode>> = {
  unreachable: 'TARGET_UNREACHABLE',
  identity: 'TARGET_UNREACHABLE',
  timeout: 'TARGET_TIMEOUT',
  lost: 'TARGET_BUSY',
  busy: 'TARGET_BUSY',
  credentials: 'AUTH_FAILED',
  privilege: 'FORBIDDEN',
  missing: 'OBJECT_UNKNOWN',
  state: 'TARGET_STATE',
  refused: 'IPMI_COMPLETION',
  invalid: 'TARGET_UNREACHABLE',
}

/** After these, a command that was sent may have been executed. */
const doubtful: ReadonlySet<RemoteErrorKind> = new Set(['unreachable', 'timeout', 'lost', 'invalid'])

/** What the failure means to the caller. `once`: the command must not be sent twice. Other errors are returned as they are. */
export function remoteFailure(error: unknown, once: boolean): unknown {
  if (!(error instanceof RemoteError)) return error
  const code = once && error.sent && doubtful.has(error.kind) ? 'OUTCOME_UNKNOWN' : codes[error.kind]
  return new PowerbusError(code, error.message, { cause: error })
}

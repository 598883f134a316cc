import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { RedfishError, type RedfishErrorKind } from '@powerbus/redfish'

/** For what may be repeated. */
const codes: Readonly<Record<RedfishErrorKind, ErrorCode>> = {
  unreachable: 'TARGET_UNREACHABLE',
  timeout: 'TARGET_TIMEOUT',
  tls: 'TARGET_UNREACHABLE',
  credentials: 'AUTH_FAILED',
  'password-change': 'AUTH_FAILED',
  privilege: 'AUTH_FAILED',
  'not-found': 'TARGET_REFUSED',
  unsupported: 'TARGET_REFUSED',
  busy: 'TARGET_BUSY',
  // Already so, or not yet: what reads the state knows which, and this is what is left.
  conflict: 'TARGET_BUSY',
  precondition: 'TARGET_REFUSED',
  refused: 'TARGET_REFUSED',
  'task-failed': 'TARGET_REFUSED',
  malformed: 'TARGET_UNREACHABLE',
  'session-limit': 'TARGET_BUSY',
  'unknown-outcome': 'TARGET_TIMEOUT',
  'no-system': 'TARGET_REFUSED',
  'several-systems': 'PARAM_MISSING',
  aborted: 'DEADLINE_EXCEEDED',
  closed: 'SHUTTING_DOWN',
  invalid: 'PARAM_INVALID',
}

const advice: Partial<Record<RedfishErrorKind, string>> = {
  unreachable: 'check ipmi/address, ipmi/port-redfish, and that Redfish is switched on at the BMC',
  tls: 'check ipmi/tls-verify, ipmi/ca-cert and ipmi/tls-fingerprint',
  credentials: 'check ipmi/username and ipmi/password',
  'password-change': 'log in at the BMC and give the user a password of its own, then set ipmi/password',
  privilege: 'give the user the role Operator or Administrator at the BMC, or see its licence',
  'no-system': 'the BMC manages no machine that can be switched',
  'several-systems': 'name one of them in ipmi/system-id',
}

/** Of a command that was sent once: the answer may have been lost after it was carried out. */
const silent: ReadonlySet<RedfishErrorKind> = new Set([
  'timeout',
  'unreachable',
  'malformed',
  'unknown-outcome',
  'aborted',
  'closed',
])

/** The house's error for one of the client. `once`: it came from a command that must not be repeated. Others pass. */
export function redfishFailure(error: unknown, once = false): unknown {
  if (!(error instanceof RedfishError)) return error
  const { kind, message } = error
  const code = once && error.sent && silent.has(kind) ? 'OUTCOME_UNKNOWN' : codes[kind]
  const next = advice[kind]
  return new PowerbusError(code, next ? `${message}; ${next}` : message, { cause: error })
}

/** The BMC does not have it, or does not show it to this user. */
export function isAbsent(error: unknown): boolean {
  return error instanceof RedfishError && (error.kind === 'not-found' || error.kind === 'unsupported')
}

/** The BMC refused it and did nothing, for a reason that another form of the request may avoid. */
export function isRefusal(error: unknown): error is RedfishError {
  if (!(error instanceof RedfishError)) return false
  return error.kind === 'unsupported' || error.kind === 'refused' || error.kind === 'not-found'
}

/** A refusal that names one of these properties, or parameters. */
export function refuses(error: unknown, ...names: readonly string[]): boolean {
  if (!isRefusal(error)) return false
  return error.messages.some(({ text, args, properties }) =>
    names.some((name) => properties.includes(name) || args.includes(name) || text.includes(name)),
  )
}

import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk/unshared'
import {
  CompletionCode,
  IpmiError,
  type IpmiErrorKind,
  type IpmiSession,
  isFull,
  isPassing,
  patiently,
} from 'node-ipmi'

const kinds: Readonly<Record<Exclude<IpmiErrorKind, 'completion' | 'refused'>, ErrorCode>> = {
  timeout: 'TARGET_TIMEOUT',
  unreachable: 'TARGET_UNREACHABLE',
  credentials: 'AUTH_FAILED',
  privilege: 'AUTH_FAILED',
  unsupported: 'AUTH_FAILED',
  'unknown-outcome': 'OUTCOME_UNKNOWN',
  'not-answered': 'NOT_ANSWERED',
  closed: 'SHUTTING_DOWN',
  aborted: 'DEADLINE_EXCEEDED',
  invalid: 'TARGET_UNREACHABLE',
}

const advice: Partial<Record<IpmiErrorKind, string>> = {
  timeout: 'check ipmi/address, ipmi/port-ipmitool, and that IPMI over LAN is enabled',
  unreachable: 'check ipmi/address and the route to it',
  credentials: 'check ipmi/username, ipmi/password and, where the BMC has one, ipmi/kg',
  privilege: 'give the user a higher privilege level at the BMC, or ask for one that it has with ipmi/privilege',
  unsupported: 'the BMC has neither cipher suite 17 nor 3, or not the one of ipmi/cipher-suite',
}

/** Codes after which a command may have been executed, although no result came. */
const doubtful: ReadonlySet<number> = new Set([
  CompletionCode.Timeout,
  CompletionCode.NoResponse,
  CompletionCode.DuplicateRequest,
  CompletionCode.Unspecified,
])

/**
 * What a failure of the client means to the caller. `once`: the command must not be sent twice. Then a completion code is
 * never TARGET_BUSY, for which it would be repeated; a `timeout` says that it was not sent, and a missing answer is
 * `unknown-outcome`.
 */
export function ipmiFailure(error: unknown, once: boolean): unknown {
  if (!(error instanceof IpmiError)) return error
  // Most timeouts end in how long was waited.
  const isSaid = error.waitedMs === undefined || / \d+\.\d s$/.test(error.message)
  const waited = isSaid ? '' : ` after ${((error.waitedMs ?? 0) / 1000).toFixed(1)} s`
  const next = advice[error.completionCode === CompletionCode.InsufficientPrivilege ? 'privilege' : error.kind]
  const message = `${error.message}${waited}${next ? `; ${next}` : ''}`
  return new PowerbusError(codeOf(error, once), message, { cause: error })
}

function codeOf(error: IpmiError, once: boolean): ErrorCode {
  if (error.kind === 'completion') return completionFailure(error.completionCode ?? CompletionCode.Unspecified, once)
  if (error.kind === 'refused') return isFull(error.status) ? 'TARGET_BUSY' : 'AUTH_FAILED'
  return kinds[error.kind]
}

function completionFailure(code: number, once: boolean): ErrorCode {
  if (code === CompletionCode.InsufficientPrivilege) return 'AUTH_FAILED'
  if (code === CompletionCode.NotInPresentState) return 'TARGET_STATE'
  if (once && doubtful.has(code)) return 'OUTCOME_UNKNOWN'
  return !once && isPassing(code) ? 'TARGET_BUSY' : 'IPMI_COMPLETION'
}

/**
 * The answer to a command that a BMC need not have; undefined where it refuses it, or answers too short. BMCs refuse one that they do not
 * have with C1h, and with FFh, CCh, D4h and others. A busy BMC is asked again for a moment.
 */
export async function unlessRefused<T>(session: IpmiSession, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await patiently(session, ask)
  } catch (error) {
    if (!(error instanceof IpmiError) || (error.kind !== 'completion' && error.kind !== 'invalid')) throw error
    return undefined
  }
}

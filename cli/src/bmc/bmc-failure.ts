import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk/power'
import { IpmiError, type IpmiErrorKind } from 'node-ipmi'
import type { Failure } from '../sweep.ts'

/** What the power verbs found out for themselves, in the words of the IPMI client. */
const kinds: Readonly<Partial<Record<ErrorCode, IpmiErrorKind>>> = {
  TARGET_TIMEOUT: 'timeout',
  TARGET_STATE: 'completion',
  OUTCOME_UNKNOWN: 'unknown-outcome',
}

/** A failure as `--json` prints it: what the BMC or the client said, without the advice on params that a plugin adds. */
export function bmcFailure(error: unknown): Failure {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof IpmiError) return ipmiFailure(at)
  if (error instanceof PowerbusError) {
    const kind = kinds[error.code]
    return { message: error.message, ...(kind && { kind }) }
  }
  return { message: error instanceof Error ? error.message : String(error) }
}

function ipmiFailure({ kind, address, completionCode, message }: IpmiError): Failure {
  const prefix = `${address}: `
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message
  return { message: text, kind, ...(completionCode !== undefined && { completionCode }) }
}

import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { IpmiError, type IpmiErrorKind } from 'node-ipmi'
import type { Failure } from '../sweep.ts'

/** Error codes of the power verbs that have a kind of the IPMI client. */
const kinds: Readonly<Partial<Record<ErrorCode, IpmiErrorKind>>> = {
  TARGET_TIMEOUT: 'timeout',
  TARGET_STATE: 'completion',
  OUTCOME_UNKNOWN: 'unknown-outcome',
  NOT_ANSWERED: 'not-answered',
}

/** A failure as `--json` prints it, with a kind of the client or a code of docs/errors.md: the error of the BMC or client, without the plugin's advice on params. */
export function bmcFailure(error: unknown): Failure {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof IpmiError) return ipmiFailure(at)
  if (error instanceof PowerbusError) {
    const kind = kinds[error.code]
    return { message: error.message, ...(kind ? { kind } : { code: error.code }) }
  }
  return { message: error instanceof Error ? error.message : String(error) }
}

function ipmiFailure({ kind, address, completionCode, message }: IpmiError): Failure {
  const prefix = `${address}: `
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message
  return { message: text, kind, ...(completionCode !== undefined && { completionCode }) }
}

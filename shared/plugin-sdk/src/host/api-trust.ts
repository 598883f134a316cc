import { readFileSync } from 'node:fs'
import type { TlsTrust } from '@powerbus/drp'
import { PowerbusError } from '../errors.ts'

/**
 * What the endpoint's certificate must be, by RS_FINGERPRINT (its SHA-256) or RS_CA_FILE (PEM of the authority that signed it).
 * Without both any is taken, as DRP's own tools do. Throws CAPABILITY_UNSUPPORTED where the file cannot be read.
 */
export function apiTrust({ RS_FINGERPRINT: fingerprint, RS_CA_FILE: caFile }: NodeJS.ProcessEnv): TlsTrust | undefined {
  if (fingerprint) return { fingerprint }
  if (!caFile) return undefined
  try {
    return { ca: readFileSync(caFile, 'utf8') }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PowerbusError('CAPABILITY_UNSUPPORTED', `RS_CA_FILE cannot be read: ${reason}`, { cause })
  }
}

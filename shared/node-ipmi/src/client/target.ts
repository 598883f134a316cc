import { MAX_PASSWORD_LENGTH } from '../crypto/rakp-exchange.ts'
import { MAX_USERNAME_LENGTH } from '../handshake/rakp-1.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { IpmiError } from './ipmi-error.ts'
import type { Workaround } from './workarounds.ts'

/** One BMC and how to log in. */
export interface Target {
  /** IPv4 or IPv6 literal, or a host name. */
  readonly address: string
  /** Default 623. */
  readonly port?: number
  /** At most 16 bytes of UTF-8; may be empty. */
  readonly username: string
  /** At most 20 bytes; a string counts in UTF-8; may be empty. */
  readonly password: string | Uint8Array
  /** The BMC's key K_g, at most 20 bytes; absent or empty where it has none. */
  readonly kg?: Uint8Array
  /** Absent: the best of 17 and 3 that the BMC has, remembered. */
  readonly cipherSuite?: 3 | 17
  /** Highest level the session may need; default `operator`. The user must be allowed to have it. */
  readonly privilege?: 'user' | 'operator' | 'administrator'
  readonly workarounds?: readonly Workaround[]
}

/** A target that has been checked, in bytes. Only inside the client. */
export interface Login {
  readonly username: Uint8Array
  readonly password: Uint8Array
  readonly kg: Uint8Array | undefined
  readonly cipherSuite: 3 | 17 | undefined
  readonly privilege: number
}

export const DEFAULT_PORT = 623

/** Throws IpmiError `invalid` that names the field and its limit; never a value of a secret one. */
export function checkTarget(target: Target): Login {
  const { address, port = DEFAULT_PORT, username, password, kg, cipherSuite, privilege = 'operator' } = target
  const invalid = (what: string) => new IpmiError('invalid', String(address), what)
  if (typeof address !== 'string' || address === '') throw invalid('address: a literal or a host name is needed')
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw invalid('port: 1 to 65535')
  if (typeof username !== 'string') throw invalid('username: text is needed')
  if (typeof password !== 'string' && !(password instanceof Uint8Array))
    throw invalid('password: text or bytes are needed')
  if (cipherSuite !== undefined && cipherSuite !== 3 && cipherSuite !== 17) throw invalid('cipherSuite: 3 or 17')
  if (!['user', 'operator', 'administrator'].includes(privilege)) {
    throw invalid('privilege: user, operator or administrator')
  }
  const name = Buffer.from(username, 'utf8')
  const secret = typeof password === 'string' ? Buffer.from(password, 'utf8') : Uint8Array.from(password)
  if (name.length > MAX_USERNAME_LENGTH) throw invalid(`username: at most ${MAX_USERNAME_LENGTH} bytes`)
  if (secret.length > MAX_PASSWORD_LENGTH) throw invalid(`password: at most ${MAX_PASSWORD_LENGTH} bytes`)
  if (kg !== undefined && kg.length > MAX_PASSWORD_LENGTH) throw invalid(`kg: at most ${MAX_PASSWORD_LENGTH} bytes`)
  return {
    username: name,
    password: secret,
    kg: kg === undefined ? undefined : Uint8Array.from(kg),
    cipherSuite,
    privilege: PrivilegeLevel[privilege],
  }
}

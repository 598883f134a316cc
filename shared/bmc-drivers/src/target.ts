import { PowerbusError, type Secret } from '@powerbus/plugin-sdk/unshared'
import type { Workaround } from './workarounds.ts'

/** One BMC: where it is, how to log in, and its quirks. Addresses have no blanks around them. */
export interface Target {
  readonly address: string
  /** Of the mode; 0: the driver's own default. */
  readonly port: number
  /** UDP port for the modes that may speak IPMI beside their own protocol (redfish, auto); absent or 0: 623. */
  readonly ipmiPort?: number
  readonly username: string
  readonly password: Secret
  readonly kg?: Secret | undefined
  readonly cipherSuite?: 3 | 17 | undefined
  readonly privilege?: 'user' | 'operator' | 'administrator' | undefined
  readonly workarounds: readonly Workaround[]
  /** Milliseconds for which a session stays open after an action, for the next one; absent or 0: it is closed at once. */
  readonly keepSessionMs?: number
  /** How the certificate of the BMC is checked, in the modes that use TLS. */
  readonly tls?: TlsOptions
  readonly redfish?: RedfishOptions
  readonly racadm?: RacadmOptions
  /** Mode lpar: UUID of the partition, or SYSTEM/NAME. */
  readonly lparId?: string
  /** Told what whoever runs the action should find in the log. */
  readonly note?: (text: string) => void
}

export interface TlsOptions {
  /** Check the certificate; most BMCs have one that nobody signed. */
  readonly verify: boolean
  /** Certificates in PEM that sign it. */
  readonly ca?: string
  /** SHA-256 of the only certificate that is accepted, in hexadecimal digits with or without colons; names and dates do not count then. */
  readonly fingerprint?: string
  /** `http` for a service in a test: without TLS. */
  readonly scheme?: 'http' | 'https'
}

export interface RedfishOptions {
  /** Id, UUID or serial number of the system, where the BMC has several. */
  readonly systemId?: string
  /** Name of the rule set to drive it by, in place of the one that is found out. */
  readonly rules?: string
}

export interface RacadmOptions {
  readonly transport?: 'auto' | 'cgi' | 'ssh' | 'tool'
  /** Of a chassis: `server-1`. */
  readonly module?: string
}

/** User names are 16 bytes at most. §13.20. */
const MAX_USERNAME_BYTES = 16
/** Passwords of IPMI v2.0 and K_g are 20 bytes at most. §22.30, §13.33. */
const MAX_KEY_BYTES = 20
/** Of a user name or password of the other modes: more is a mistake. */
const MAX_LOGIN_BYTES = 255

/** Throws PARAM_INVALID for what no BMC can have in this mode; messages name the param and show no secret. */
export function checkTarget({ address, username, password, kg, tls }: Target, mode: string): void {
  if (address === '') throw invalid('Param ipmi/address', 'is empty: give the address of the BMC')
  if (/[\s/]/.test(address))
    throw invalid('Param ipmi/address', 'is no address: give one IP address or host name, no prefix')
  const isIpmi = mode === 'ipmitool'
  checkBytes('Param ipmi/username', username, isIpmi ? MAX_USERNAME_BYTES : MAX_LOGIN_BYTES)
  checkBytes('Param ipmi/password', password.reveal(), isIpmi ? MAX_KEY_BYTES : MAX_LOGIN_BYTES)
  if (kg) keyBytes(kg)
  if (tls?.fingerprint && !/^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(tls.fingerprint))
    throw invalid('Param ipmi/tls-fingerprint', 'is no SHA-256 fingerprint: give 64 hexadecimal digits')
}

/** K_g as bytes: text, or hexadecimal digits after 0x. Throws PARAM_INVALID, whose message calls it `name`. */
export function keyBytes(kg: Secret, name = 'Param ipmi/kg'): Uint8Array {
  const text = kg.reveal()
  if (!text.startsWith('0x')) return checkBytes(name, text, MAX_KEY_BYTES)
  const digits = text.slice(2)
  if (!/^(?:[0-9a-f]{2}){1,20}$/i.test(digits))
    throw invalid(name, 'has 0x, but not an even number of up to 40 hexadecimal digits after it')
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function checkBytes(name: string, text: string, most: number): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > most) throw invalid(name, `has ${bytes.length} bytes, and this mode allows ${most} at most`)
  if (bytes.includes(0)) throw invalid(name, 'has a zero byte, which ends a name or password in IPMI')
  return bytes
}

function invalid(name: string, problem: string): PowerbusError {
  return new PowerbusError('PARAM_INVALID', `${name} ${problem}`)
}

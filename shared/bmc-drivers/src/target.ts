import { PowerbusError, type Secret } from '@powerbus/plugin-sdk/unshared'
import type { Workaround } from 'node-ipmi'

/** One BMC: where it is, how to log in, and its quirks. Addresses have no blanks around them. */
export interface Target {
  readonly address: string
  /** 0: the driver's own default. */
  readonly port: number
  readonly username: string
  readonly password: Secret
  readonly kg?: Secret | undefined
  readonly cipherSuite?: 3 | 17 | undefined
  readonly privilege?: 'user' | 'operator' | 'administrator' | undefined
  readonly workarounds: readonly Workaround[]
  /** Milliseconds for which a session stays open after an action, for the next one; absent or 0: it is closed at once. */
  readonly keepSessionMs?: number
}

/** User names are 16 bytes at most. §13.20. */
const MAX_USERNAME_BYTES = 16
/** Passwords of IPMI v2.0 and K_g are 20 bytes at most. §22.30, §13.33. */
const MAX_KEY_BYTES = 20

/** Throws PARAM_INVALID for what no BMC can have; messages name the param and show no secret. */
export function checkTarget({ address, username, password, kg }: Target): void {
  if (address === '') throw invalid('Param ipmi/address', 'is empty: give the address of the BMC')
  if (/[\s/]/.test(address))
    throw invalid('Param ipmi/address', 'is no address: give one IP address or host name, no prefix')
  checkBytes('Param ipmi/username', username, MAX_USERNAME_BYTES)
  checkBytes('Param ipmi/password', password.reveal(), MAX_KEY_BYTES)
  if (kg) keyBytes(kg)
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
  if (bytes.length > most) throw invalid(name, `has ${bytes.length} bytes, and IPMI allows ${most} at most`)
  if (bytes.includes(0)) throw invalid(name, 'has a zero byte, which ends a name or password in IPMI')
  return bytes
}

function invalid(name: string, problem: string): PowerbusError {
  return new PowerbusError('PARAM_INVALID', `${name} ${problem}`)
}

/** Longest password and K_g in bytes: the 20-byte form of IPMI v2.0. §13.28, §22.30. */
export const MAX_PASSWORD_LENGTH = 20

/** All that the codes of the RAKP messages and the session's keys are computed from. §13.31. */
export interface RakpExchange {
  readonly consoleSessionId: number
  readonly managedSessionId: number
  /** 16 bytes. */
  readonly consoleRandom: Uint8Array
  /** 16 bytes. */
  readonly managedRandom: Uint8Array
  /** 16 bytes, as they came on the wire. */
  readonly managedGuid: Uint8Array
  /** Byte 25 of RAKP 1 as sent: privilege level, and bit 4 for name-only look-up. */
  readonly role: number
  /** 0..16 bytes. */
  readonly username: Uint8Array
  /** 0..20 bytes. */
  readonly password: Uint8Array
  /** K_g, the BMC's key; absent or empty where the user's password stands for it. */
  readonly kg?: Uint8Array | undefined
}

/** Passwords and K_g as HMAC keys. A zero-padded key gives the same HMAC, so no padding is needed. */
export function passwordKey(password: Uint8Array): Uint8Array {
  if (password.length > MAX_PASSWORD_LENGTH) throw new RangeError(`at most ${MAX_PASSWORD_LENGTH} bytes`)
  return password
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24)
}

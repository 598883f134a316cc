/** Longest password and K_g, in bytes. §13.28, §22.30. */
export const MAX_PASSWORD_LENGTH = 20

/**
 * Inputs of the RAKP codes and of the session keys. §13.31. Password and K_g are HMAC keys without padding, since HMAC itself pads
 * keys with zeros.
 */
export interface RakpExchange {
  readonly consoleSessionId: number
  readonly managedSessionId: number
  /** 16 bytes. */
  readonly consoleRandom: Uint8Array
  /** 16 bytes. */
  readonly managedRandom: Uint8Array
  /** 16 bytes in wire order. */
  readonly managedGuid: Uint8Array
  /** Byte 25 of RAKP 1 as sent: bits 3..0 privilege level, bit 4 name-only look-up. */
  readonly role: number
  /** 0..16 bytes. */
  readonly username: Uint8Array
  /** 0..20 bytes. */
  readonly password: Uint8Array
  /** K_g, 0..20 bytes; if absent or empty, the user's password takes its place. */
  readonly kg?: Uint8Array | undefined
}

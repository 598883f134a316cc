import { bits, bytes } from '../codec/bits.ts'
import type { Codec } from '../codec/codec.ts'
import { MalformedError } from '../codec/malformed-error.ts'

const fixed = bits({
  tag: [0, 8],
  managedSessionId: [32, 32],
  consoleRandom: bytes(8, 16),
  /**
   * Bits 3..0 privilege level, bit 4: look up by name only (1) or by name and privilege (0). The RAKP codes cover this
   * byte.
   */
  role: [24 * 8, 8],
  usernameLength: [27 * 8, 8],
})

/** Longest user name in bytes. §13.20. */
export const MAX_USERNAME_LENGTH = 16

/** Bit of `role`: the user is looked up by name only. */
export const NAME_ONLY_LOOKUP = 0x10

export interface Rakp1 {
  readonly tag: number
  readonly managedSessionId: number
  readonly consoleRandom: Uint8Array
  readonly role: number
  readonly username: Uint8Array
}

/**
 * RAKP Message 1, 28 bytes and the user name. §13.20. Some consoles pad the name to 16 bytes; the padding is ignored.
 */
export const rakp1: Codec<Rakp1> = {
  minLength: fixed.minLength,
  maxLength: fixed.minLength + MAX_USERNAME_LENGTH,
  decode(payload) {
    const { usernameLength, ...message } = fixed.decode(payload)
    const username = payload.slice(fixed.minLength, fixed.minLength + usernameLength)
    if (username.length < usernameLength) throw new MalformedError('user name truncated')
    return { ...message, username }
  },
  encode(message) {
    const { tag, managedSessionId, consoleRandom, role, username } = message
    const head = fixed.encode({ tag, managedSessionId, consoleRandom, role, usernameLength: username.length })
    const payload = new Uint8Array(head.length + username.length)
    payload.set(head)
    payload.set(username, head.length)
    return payload
  },
}

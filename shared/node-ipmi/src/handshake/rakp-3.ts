import { bits, bytes } from '../codec/bits.ts'

/**
 * RAKP Message 3, 8 bytes and the key exchange authentication code. With a status other than 00h it has no code and
 * makes the BMC free the half-open session. §13.22.
 */
export const rakp3 = bits({ tag: [0, 8], status: [8, 8], managedSessionId: [32, 32], code: bytes(8) })

export type Rakp3 = ReturnType<typeof rakp3.decode>

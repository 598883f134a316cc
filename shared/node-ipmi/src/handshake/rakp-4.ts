import { bits, bytes } from '../codec/bits.ts'

/** RAKP Message 4, 8 bytes and the integrity check value, which is empty for a status other than 00h. §13.23. */
export const rakp4 = bits({ tag: [0, 8], status: [8, 8], consoleSessionId: [32, 32], code: bytes(8) })

export type Rakp4 = ReturnType<typeof rakp4.decode>

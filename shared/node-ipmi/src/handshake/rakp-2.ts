import { bits, bytes } from '../codec/bits.ts'
import type { Codec } from '../codec/codec.ts'

const accepted = bits({
  tag: [0, 8],
  status: [8, 8],
  consoleSessionId: [32, 32],
  managedRandom: bytes(8, 16),
  managedGuid: bytes(24, 16),
  /** As many bytes as the authentication algorithm's hash. */
  code: bytes(40),
})

/** With a status other than 00h the message may end here; ipmi_sim sends the full length. §13.21. */
const refused = bits({ tag: [0, 8], status: [8, 8], consoleSessionId: [32, 32] })

export type Rakp2 = ReturnType<typeof accepted.decode>

/** RAKP Message 2, 40 bytes and the key exchange code. §13.21. */
export const rakp2: Codec<Rakp2> = {
  minLength: refused.minLength,
  maxLength: accepted.maxLength,
  decode(payload) {
    const head = refused.decode(payload)
    if (head.status === 0) return accepted.decode(payload)
    return { ...head, managedRandom: new Uint8Array(16), managedGuid: new Uint8Array(16), code: new Uint8Array(0) }
  },
  encode: (message) => (message.status === 0 ? accepted.encode(message) : refused.encode(message)),
}

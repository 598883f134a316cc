import { bits, bytes } from '../codec/bits.ts'
import type { Codec } from '../codec/codec.ts'
import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32 } from '../codec/uint32.ts'

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

const noRandom = new Uint8Array(16)
const nothing = new Uint8Array(0)

export type Rakp2 = ReturnType<typeof accepted.decode>

/** RAKP Message 2, 40 bytes and the key exchange code. §13.21. */
export const rakp2: Codec<Rakp2> = {
  minLength: refused.minLength,
  maxLength: accepted.maxLength,
  /** Field by field, with views of the payload: a sweep reads thousands. */
  decode(payload) {
    const { length } = payload
    const status = payload[1] ?? 0
    const minLength = status === 0 ? accepted.minLength : refused.minLength
    if (length < minLength) throw new MalformedError(`${length} bytes, at least ${minLength} expected`)
    return {
      tag: payload[0] ?? 0,
      status,
      consoleSessionId: readUint32(payload, 4),
      managedRandom: status === 0 ? payload.subarray(8, 24) : noRandom,
      managedGuid: status === 0 ? payload.subarray(24, 40) : noRandom,
      code: status === 0 ? payload.subarray(40) : nothing,
    }
  },
  encode: (message) => (message.status === 0 ? accepted.encode(message) : refused.encode(message)),
}

import { createCipheriv, createHmac } from 'node:crypto'
import type { SessionKeys } from '../../src/crypto/session-keys.ts'
import type { SealedPacket } from '../../src/wire/sealed-packet.ts'
import { AUTHENTICATED, ENCRYPTED, PAYLOAD_OFFSET, writeSessionHeader } from '../../src/wire/session-header.ts'

/** How a BMC's packet deviates from §13.6. */
export interface PacketOddity {
  /** Bytes after the data, the pad length included; default: as §13.29 demands. */
  readonly confidentialityPad?: (dataLength: number) => readonly number[]
  /** Bytes between the payload and the integrity code; default: as §13.6 demands. */
  readonly trailer?: (payloadLength: number) => readonly number[]
  /** Bytes of the integrity code; default: as many as the suite's. */
  readonly codeLength?: number
  /** Bytes after the integrity code, which it does not cover. */
  readonly tail?: readonly number[]
}

/** FFh pad, pad length and next header, for a pad of `length` bytes. */
export const trailerOf = (length: number, pad = 0xff, nextHeader = 0x07) => [
  ...new Array<number>(length).fill(pad),
  length,
  nextHeader,
]

/** Pad 01h 02h ... of `length` bytes and its length. */
export const padOf = (length: number) => [...Array.from({ length }, (_, i) => i + 1), length]

/** Seals a packet independently of src/wire, with oddities that the integrity code covers. */
export function oddSeal(keys: SessionKeys, packet: SealedPacket, oddity: PacketOddity = {}): Uint8Array {
  const {
    confidentialityPad = (length: number) => padOf(15 - (length % 16)),
    trailer = (length: number) => trailerOf((4 - ((length + 2) % 4)) % 4),
    codeLength = keys.suite.integrityLength,
    tail = [],
  } = oddity
  const iv = Buffer.alloc(16, packet.sequence)
  const cipher = createCipheriv('aes-128-cbc', keys.aesKey, iv).setAutoPadding(false)
  const plain = Uint8Array.of(...packet.payload, ...confidentialityPad(packet.payload.length))
  const payload = Buffer.concat([iv, cipher.update(plain), cipher.final()])
  const head = new Uint8Array(PAYLOAD_OFFSET)
  const type = packet.payloadType | ENCRYPTED | AUTHENTICATED
  writeSessionHeader(head, type, packet.sessionId, packet.sequence, payload.length)
  const covered = Buffer.concat([head, payload, Uint8Array.from(trailer(payload.length))])
  const code = createHmac(keys.suite.hash, keys.k1).update(covered.subarray(4)).digest().subarray(0, codeLength)
  return Uint8Array.from(Buffer.concat([covered, code, Uint8Array.from(tail)]))
}

import { MalformedError } from '../codec/malformed-error.ts'
import { BLOCK, decryptPayload, encryptPayload, payloadLength } from '../crypto/aes-cbc.ts'
import { hmac } from '../crypto/hmac.ts'
import type { SessionKeys } from '../crypto/session-keys.ts'
import { RMCP_HEADER_LENGTH } from './rmcp.ts'
import {
  AUTHENTICATED,
  ENCRYPTED,
  PAYLOAD_OFFSET,
  payloadEnd,
  readSessionHeader,
  TYPE_AT,
  writeSessionHeader,
} from './session-header.ts'

const INTEGRITY_PAD = 0xff
/** Always 07h in IPMI v2.0. §13.6. */
const NEXT_HEADER = 0x07

export interface SealedPacket {
  readonly payloadType: number
  readonly sessionId: number
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * Encrypts and authenticates a payload of a session. `iv`: 16 fresh random bytes. The integrity code covers all bytes
 * from the authentication type to the next header, padded to a multiple of 4 bytes. §13.6, §13.28.4.
 */
export function sealPacket(keys: SessionKeys, packet: SealedPacket, iv: Uint8Array): Buffer {
  const { payloadType, sessionId, sequence, payload } = packet
  const datagram = unsealedDatagram(keys, payload.length)
  datagram.set(payload, DATA_OFFSET)
  seal(keys, datagram, payload.length, payloadType, sessionId, sequence, iv)
  return datagram
}

/** Offset of the payload before it is encrypted: the initialisation vector stands before it. */
export const DATA_OFFSET = PAYLOAD_OFFSET + BLOCK

/** A packet of a session whose payload, from DATA_OFFSET on, is still to be written, and then sealed. */
export function unsealedDatagram({ suite }: SessionKeys, length: number): Buffer {
  const end = PAYLOAD_OFFSET + payloadLength(length)
  return Buffer.allocUnsafe(end + trailerLength(end) + suite.integrityLength)
}

/** Encrypts and authenticates the payload of `length` bytes at DATA_OFFSET where it stands. */
export function seal(
  keys: SessionKeys,
  datagram: Buffer,
  length: number,
  payloadType: number,
  sessionId: number,
  sequence: number,
  iv: Uint8Array,
): void {
  const end = PAYLOAD_OFFSET + payloadLength(length)
  const covered = datagram.length - keys.suite.integrityLength
  writeSessionHeader(datagram, payloadType | ENCRYPTED | AUTHENTICATED, sessionId, sequence, end - PAYLOAD_OFFSET)
  encryptPayload(keys, iv, datagram, PAYLOAD_OFFSET, length)
  for (let i = end; i < covered - 2; i++) datagram[i] = INTEGRITY_PAD
  datagram[covered - 2] = covered - end - 2
  datagram[covered - 1] = NEXT_HEADER
  integrityCode(keys, datagram, covered).writeTo(datagram, covered, keys.suite.integrityLength)
}

/** Checks and decrypts a packet of a session. Throws MalformedError as `openPayload`. */
export function openPacket(keys: SessionKeys, datagram: Uint8Array): SealedPacket {
  const payload = openPayload(keys, datagram)
  const { payloadType, sessionId, sequence } = readSessionHeader(datagram)
  return { payloadType, sessionId, sequence, payload }
}

/**
 * The payload of a packet of a session. Throws MalformedError if it is not both encrypted and authenticated, has a
 * wrong integrity code, or cannot be decrypted. Only header and lengths are read before the integrity code is verified.
 *
 * The code covers all bytes before it. What the specification demands of them besides is not checked, because BMCs
 * deviate and only the BMC can seal a packet: integrity pad (phosphor-net-ipmid sends 4 bytes where 0 are due; others
 * none, or not FFh), pad length, next header, and the values of the confidentiality pad.
 */
export function openPayload(keys: SessionKeys, datagram: Uint8Array): Buffer {
  const end = payloadEnd(datagram)
  if (((datagram[TYPE_AT] ?? 0) & (ENCRYPTED | AUTHENTICATED)) !== (ENCRYPTED | AUTHENTICATED))
    throw new MalformedError('a packet of a session that is not both encrypted and authenticated')
  const covered = datagram.length - keys.suite.integrityLength
  if (covered < end) throw new MalformedError('no room for an integrity code')
  if (!isAuthentic(keys, datagram, covered)) {
    const specified = end + trailerLength(end)
    if (specified >= covered || !isAuthentic(keys, datagram, specified))
      throw new MalformedError('wrong integrity code', 'integrity')
  }
  return decryptPayload(keys, datagram, PAYLOAD_OFFSET, end)
}

/** Bytes of integrity pad, pad length and next header after a payload that ends at `end`. */
function trailerLength(end: number): number {
  const unpadded = end - RMCP_HEADER_LENGTH + 2
  return 2 + ((4 - (unpadded % 4)) % 4)
}

/** Whether the bytes at `covered` are the integrity code of the bytes before. Bytes after the code are not covered. */
function isAuthentic(keys: SessionKeys, datagram: Uint8Array, covered: number): boolean {
  return integrityCode(keys, datagram, covered).isAt(datagram, covered, keys.suite.integrityLength)
}

/** HMAC_K1 of the bytes before `covered`, without the RMCP header. §13.28.4. */
function integrityCode({ suite, k1 }: SessionKeys, datagram: Uint8Array, covered: number) {
  return hmac(suite.hash, k1).bytes(datagram, RMCP_HEADER_LENGTH, covered)
}

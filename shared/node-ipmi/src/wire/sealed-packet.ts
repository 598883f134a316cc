import { createHmac } from 'node:crypto'
import { MalformedError } from '../codec/malformed-error.ts'
import { decryptPayload, encryptPayload } from '../crypto/aes-cbc.ts'
import { equalInConstantTime } from '../crypto/equal.ts'
import type { SessionKeys } from '../crypto/session-keys.ts'
import { RMCP_HEADER_LENGTH } from './rmcp.ts'
import { PAYLOAD_OFFSET, readSessionHeader, writeSessionHeader } from './session-header.ts'

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
  const payload = encryptPayload(keys.aesKey, iv, packet.payload)
  const unpadded = PAYLOAD_OFFSET - RMCP_HEADER_LENGTH + payload.length + 2
  const padLength = (4 - (unpadded % 4)) % 4
  const covered = PAYLOAD_OFFSET + payload.length + padLength + 2
  const datagram = Buffer.alloc(covered + keys.suite.integrityLength, INTEGRITY_PAD)
  writeSessionHeader(datagram, { ...packet, encrypted: true, authenticated: true }, payload.length)
  datagram.set(payload, PAYLOAD_OFFSET)
  datagram[covered - 2] = padLength
  datagram[covered - 1] = NEXT_HEADER
  datagram.set(integrityCode(keys, datagram.subarray(RMCP_HEADER_LENGTH, covered)), covered)
  return datagram
}

/**
 * Checks and decrypts a packet of a session. Throws MalformedError if it is not both encrypted and authenticated, or
 * has wrong lengths, pads or integrity code. Only header and lengths are read before the integrity code is verified.
 */
export function openPacket(keys: SessionKeys, datagram: Uint8Array): SealedPacket {
  const header = readSessionHeader(datagram)
  if (!header.encrypted || !header.authenticated)
    throw new MalformedError('a packet of a session that is not both encrypted and authenticated')
  const covered = datagram.length - keys.suite.integrityLength
  const end = PAYLOAD_OFFSET + header.payloadLength
  if (covered < end + 2) throw new MalformedError('no room for an integrity code')
  const code = integrityCode(keys, datagram.subarray(RMCP_HEADER_LENGTH, covered))
  if (!equalInConstantTime(code, datagram.subarray(covered)))
    throw new MalformedError('wrong integrity code', 'integrity')
  const padLength = datagram[covered - 2] ?? 0
  if (end + padLength + 2 !== covered || datagram[covered - 1] !== NEXT_HEADER) {
    throw new MalformedError('wrong integrity pad', 'padding')
  }
  const { payloadType, sessionId, sequence } = header
  return {
    payloadType,
    sessionId,
    sequence,
    payload: decryptPayload(keys.aesKey, datagram.subarray(PAYLOAD_OFFSET, end)),
  }
}

function integrityCode(keys: SessionKeys, covered: Uint8Array): Buffer {
  return createHmac(keys.suite.hash, keys.k1).update(covered).digest().subarray(0, keys.suite.integrityLength)
}

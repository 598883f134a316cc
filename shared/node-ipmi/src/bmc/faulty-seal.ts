import { createCipheriv } from 'node:crypto'
import { hmac } from '../crypto/hmac.ts'
import type { SessionKeys } from '../crypto/session-keys.ts'
import { RMCP_HEADER_LENGTH } from '../wire/rmcp.ts'
import { type SealedPacket, sealPacket } from '../wire/sealed-packet.ts'
import { AUTHENTICATED, ENCRYPTED, PAYLOAD_OFFSET, writeSessionHeader } from '../wire/session-header.ts'
import type { FaultRule } from './fault-rule.ts'

const BLOCK = 16

type SealFaults = Pick<FaultRule, 'fullBlockPad' | 'integrityPad' | 'nextHeader'>

/** Seals a packet of a session like `sealPacket`, with pads and next header as the rule says. §13.6, §13.29. */
export function sealFaulty(keys: SessionKeys, packet: SealedPacket, iv: Uint8Array, faults: SealFaults): Buffer {
  const { fullBlockPad = false, integrityPad = 0xff, nextHeader = 0x07 } = faults
  if (!fullBlockPad && integrityPad === 0xff && nextHeader === 0x07) return sealPacket(keys, packet, iv)
  const payload = encrypt(keys.aesKey, iv, packet.payload, fullBlockPad)
  const padLength = -(PAYLOAD_OFFSET - RMCP_HEADER_LENGTH + payload.length + 2) & 3
  const covered = PAYLOAD_OFFSET + payload.length + padLength + 2
  const datagram = Buffer.alloc(covered + keys.suite.integrityLength, integrityPad)
  const { payloadType, sessionId, sequence } = packet
  writeSessionHeader(datagram, payloadType | ENCRYPTED | AUTHENTICATED, sessionId, sequence, payload.length)
  datagram.set(payload, PAYLOAD_OFFSET)
  datagram.set([padLength, nextHeader], covered - 2)
  hmac(keys.suite.hash, keys.k1)
    .bytes(datagram, RMCP_HEADER_LENGTH, covered)
    .writeTo(datagram, covered, keys.suite.integrityLength)
  return datagram
}

/** AES-CBC-128 payload whose pad is 1..16 bytes with `fullBlockPad`, and 0..15 without. */
function encrypt(aesKey: Uint8Array, iv: Uint8Array, data: Uint8Array, fullBlockPad: boolean): Buffer {
  const due = -(data.length + 1) & (BLOCK - 1)
  const padLength = due === 0 && fullBlockPad ? BLOCK : due
  const plain = new Uint8Array(data.length + padLength + 1)
  plain.set(data)
  for (let i = 0; i < padLength; i++) plain[data.length + i] = i + 1
  plain[plain.length - 1] = padLength
  const cipher = createCipheriv('aes-128-cbc', aesKey, iv).setAutoPadding(false)
  return Buffer.concat([iv, cipher.update(plain), cipher.final()])
}

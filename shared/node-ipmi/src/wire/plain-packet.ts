import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32 } from '../codec/uint32.ts'
import {
  AUTHENTICATED,
  ENCRYPTED,
  PAYLOAD_OFFSET,
  PAYLOAD_TYPE_MASK,
  payloadEnd,
  SESSION_ID_AT,
  TYPE_AT,
  writeSessionHeader,
} from './session-header.ts'

/** A packet outside a session whose payload, from PAYLOAD_OFFSET on, is still to be written. §13.6. */
export function plainDatagram(payloadType: number, payloadLength: number): Buffer {
  const datagram = Buffer.allocUnsafe(PAYLOAD_OFFSET + payloadLength)
  writeSessionHeader(datagram, payloadType, 0, 0, payloadLength)
  return datagram
}

/**
 * Offset of the end of the payload, at most that of the datagram's end. Throws MalformedError if the header has a session
 * ID or says that the payload is encrypted or authenticated. Bytes after the payload are ignored; a payload that is
 * shorter than its length is returned as far as it goes, since Supermicro (H8QME) sends lengths that are off by one. The
 * reader of the payload checks its length.
 */
export function plainPayloadEnd(datagram: Uint8Array): number {
  const end = payloadEnd(datagram)
  if (((datagram[TYPE_AT] ?? 0) & (ENCRYPTED | AUTHENTICATED)) !== 0 || readUint32(datagram, SESSION_ID_AT) !== 0)
    throw new MalformedError('a packet outside a session was expected, a packet of a session came')
  return Math.min(end, datagram.length)
}

/** An RMCP+ packet outside a session, neither encrypted nor authenticated, for Open Session and RAKP messages. §13.6. */
export const plainPacket = {
  encode(payloadType: number, payload: Uint8Array): Uint8Array {
    const datagram = plainDatagram(payloadType, payload.length)
    datagram.set(payload, PAYLOAD_OFFSET)
    return datagram
  },
  /** Throws MalformedError as `plainPayloadEnd`. */
  decode(datagram: Uint8Array): { payloadType: number; payload: Uint8Array } {
    const payload = datagram.subarray(PAYLOAD_OFFSET, plainPayloadEnd(datagram))
    return { payloadType: (datagram[TYPE_AT] ?? 0) & PAYLOAD_TYPE_MASK, payload }
  },
}

import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32, writeUint32 } from '../codec/uint32.ts'
import { RMCP_HEADER_LENGTH, RmcpClass, writeRmcpHeader } from './rmcp.ts'

/** Authentication type of the RMCP+ format. §13.6. */
export const AUTHENTICATION_TYPE_RMCP_PLUS = 0x06

/** Offset of the payload type, with these bits. The fields are read in place: a sweep reads thousands of headers. */
export const TYPE_AT = RMCP_HEADER_LENGTH + 1
export const ENCRYPTED = 0x80
export const AUTHENTICATED = 0x40
export const PAYLOAD_TYPE_MASK = 0x3f

/** Offsets of session ID and session sequence number, 4 bytes each: 0 outside a session. */
export const SESSION_ID_AT = RMCP_HEADER_LENGTH + 2
export const SEQUENCE_AT = RMCP_HEADER_LENGTH + 6
const LENGTH_AT = RMCP_HEADER_LENGTH + 10

/**
 * Offset of the payload: after RMCP header, authentication type, payload type, session ID, sequence, payload length.
 */
export const PAYLOAD_OFFSET = RMCP_HEADER_LENGTH + 12

/** Payload type whose packets have 6 more bytes before the session ID; not supported. §13.6, table 13-16. */
const OEM_EXPLICIT = 0x02

/** Header of an RMCP+ packet. §13.6. */
export interface SessionHeader {
  /** 0..63. */
  readonly payloadType: number
  readonly encrypted: boolean
  readonly authenticated: boolean
  /** 0 outside a session. */
  readonly sessionId: number
  /** Session sequence number, 0..2^32-1: 0 outside a session. */
  readonly sequence: number
}

/** Writes the RMCP and session headers. `type`: payload type with its bits. The payload starts at PAYLOAD_OFFSET. */
export function writeSessionHeader(
  datagram: Uint8Array,
  type: number,
  sessionId: number,
  sequence: number,
  payloadLength: number,
): void {
  writeRmcpHeader(datagram, RmcpClass.Ipmi)
  datagram[4] = AUTHENTICATION_TYPE_RMCP_PLUS
  datagram[TYPE_AT] = type
  writeUint32(datagram, SESSION_ID_AT, sessionId)
  writeUint32(datagram, SEQUENCE_AT, sequence)
  datagram[LENGTH_AT] = payloadLength & 0xff
  datagram[LENGTH_AT + 1] = payloadLength >> 8
}

/**
 * Offset of the end of the payload by its length as sent: the datagram may be longer or shorter. Throws MalformedError for
 * a packet that is not RMCP+ or has an explicit OEM payload type.
 */
export function payloadEnd(datagram: Uint8Array): number {
  if (datagram.length < PAYLOAD_OFFSET) throw new MalformedError('shorter than an RMCP+ session header')
  if (datagram[4] !== AUTHENTICATION_TYPE_RMCP_PLUS) throw new MalformedError('not an RMCP+ packet')
  if (((datagram[TYPE_AT] ?? 0) & PAYLOAD_TYPE_MASK) === OEM_EXPLICIT)
    throw new MalformedError('an OEM payload', 'unexpected')
  return PAYLOAD_OFFSET + ((datagram[LENGTH_AT] ?? 0) | ((datagram[LENGTH_AT + 1] ?? 0) << 8))
}

/** Reads the session header. Throws MalformedError as `payloadEnd`. */
export function readSessionHeader(datagram: Uint8Array): SessionHeader {
  payloadEnd(datagram)
  const type = datagram[TYPE_AT] ?? 0
  return {
    payloadType: type & PAYLOAD_TYPE_MASK,
    encrypted: (type & ENCRYPTED) !== 0,
    authenticated: (type & AUTHENTICATED) !== 0,
    sessionId: readUint32(datagram, SESSION_ID_AT),
    sequence: readUint32(datagram, SEQUENCE_AT),
  }
}

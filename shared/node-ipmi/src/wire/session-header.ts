import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32, writeUint32 } from '../codec/uint32.ts'
import { RMCP_HEADER_LENGTH, RmcpClass, writeRmcpHeader } from './rmcp.ts'

/** Authentication type of the RMCP+ format. §13.6. */
export const AUTHENTICATION_TYPE_RMCP_PLUS = 0x06

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

/** Writes the RMCP and session headers. The payload starts at PAYLOAD_OFFSET. */
export function writeSessionHeader(datagram: Uint8Array, header: SessionHeader, payloadLength: number): void {
  writeRmcpHeader(datagram, RmcpClass.Ipmi)
  datagram[4] = AUTHENTICATION_TYPE_RMCP_PLUS
  datagram[5] = (header.encrypted ? 0x80 : 0) | (header.authenticated ? 0x40 : 0) | header.payloadType
  writeUint32(datagram, 6, header.sessionId)
  writeUint32(datagram, 10, header.sequence)
  datagram[14] = payloadLength & 0xff
  datagram[15] = payloadLength >> 8
}

/**
 * Reads the session header. Throws MalformedError if it is not RMCP+ or has an explicit OEM payload type. The payload
 * length is as sent: the datagram may be longer or shorter.
 */
export function readSessionHeader(datagram: Uint8Array): SessionHeader & { readonly payloadLength: number } {
  if (datagram.length < PAYLOAD_OFFSET) throw new MalformedError('shorter than an RMCP+ session header')
  if (datagram[4] !== AUTHENTICATION_TYPE_RMCP_PLUS) throw new MalformedError('not an RMCP+ packet')
  const type = datagram[5] ?? 0
  if ((type & 0x3f) === OEM_EXPLICIT) throw new MalformedError('an OEM payload', 'unexpected')
  const payloadLength = (datagram[14] ?? 0) | ((datagram[15] ?? 0) << 8)
  return {
    payloadType: type & 0x3f,
    encrypted: (type & 0x80) !== 0,
    authenticated: (type & 0x40) !== 0,
    sessionId: readUint32(datagram, 6),
    sequence: readUint32(datagram, 10),
    payloadLength,
  }
}

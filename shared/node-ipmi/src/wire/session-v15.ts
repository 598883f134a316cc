import { MalformedError } from '../codec/malformed-error.ts'
import { RMCP_HEADER_LENGTH, RmcpClass, writeRmcpHeader } from './rmcp.ts'

/** Authentication type "none" of the IPMI v1.5 session header. §13.6. */
export const AUTHENTICATION_TYPE_NONE = 0x00

const HEADER_LENGTH = RMCP_HEADER_LENGTH + 10

/**
 * An IPMI message outside a session in IPMI v1.5 framing: authentication type none, sequence and session ID 0. Consoles
 * send commands before a session this way. §13.6, §13.14.
 */
export const sessionlessPacket = {
  encode(message: Uint8Array): Uint8Array {
    const datagram = new Uint8Array(HEADER_LENGTH + message.length)
    writeRmcpHeader(datagram, RmcpClass.Ipmi)
    datagram[HEADER_LENGTH - 1] = message.length
    datagram.set(message, HEADER_LENGTH)
    return datagram
  },
  /** Throws MalformedError for an authenticated packet, a packet of a v1.5 session, or a wrong length. */
  decode(datagram: Uint8Array): Uint8Array {
    if (datagram.length < HEADER_LENGTH) throw new MalformedError('shorter than an IPMI v1.5 session header')
    if (datagram[4] !== AUTHENTICATION_TYPE_NONE) throw new MalformedError('authenticated IPMI v1.5 packet')
    for (let i = 5; i < 13; i++)
      if (datagram[i] !== 0) throw new MalformedError('an IPMI v1.5 session is not supported')
    const length = datagram[HEADER_LENGTH - 1] ?? 0
    // Trailing bytes are ignored. §13.6 allows one ("Legacy PAD"), for packet lengths that some LAN chips could not send.
    if (length === 0 || length > datagram.length - HEADER_LENGTH) throw new MalformedError('wrong payload length')
    return datagram.subarray(HEADER_LENGTH, HEADER_LENGTH + length)
  },
}

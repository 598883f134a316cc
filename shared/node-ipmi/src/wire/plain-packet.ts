import { MalformedError } from '../codec/malformed-error.ts'
import { PAYLOAD_OFFSET, readSessionHeader, writeSessionHeader } from './session-header.ts'

/**
 * An RMCP+ packet outside a session, neither encrypted nor authenticated, for Open Session and RAKP messages. §13.6.
 */
export const plainPacket = {
  encode(payloadType: number, payload: Uint8Array): Uint8Array {
    const datagram = new Uint8Array(PAYLOAD_OFFSET + payload.length)
    const header = { payloadType, encrypted: false, authenticated: false, sessionId: 0, sequence: 0 }
    writeSessionHeader(datagram, header, payload.length)
    datagram.set(payload, PAYLOAD_OFFSET)
    return datagram
  },
  /**
   * Throws MalformedError if the header has a session ID or says that the payload is encrypted or authenticated. Bytes
   * after the payload are ignored; a payload that is shorter than its length is returned as far as it goes, since
   * Supermicro (H8QME) sends lengths that are off by one. The reader of the payload checks its length.
   */
  decode(datagram: Uint8Array): { payloadType: number; payload: Uint8Array } {
    const header = readSessionHeader(datagram)
    if (header.sessionId !== 0 || header.encrypted || header.authenticated) {
      throw new MalformedError('a packet outside a session was expected, a packet of a session came')
    }
    const payload = datagram.subarray(PAYLOAD_OFFSET, PAYLOAD_OFFSET + header.payloadLength)
    return { payloadType: header.payloadType, payload }
  },
}

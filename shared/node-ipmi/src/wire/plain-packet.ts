import { MalformedError } from '../codec/malformed-error.ts'
import { PAYLOAD_OFFSET, readSessionHeader, writeSessionHeader } from './session-header.ts'

/** A payload in RMCP+ framing outside of a session, neither encrypted nor authenticated: Open Session and RAKP messages. §13.6. */
export const plainPacket = {
  encode(payloadType: number, payload: Uint8Array): Uint8Array {
    const datagram = new Uint8Array(PAYLOAD_OFFSET + payload.length)
    const header = { payloadType, encrypted: false, authenticated: false, sessionId: 0, sequence: 0 }
    writeSessionHeader(datagram, header, payload.length)
    datagram.set(payload, PAYLOAD_OFFSET)
    return datagram
  },
  /** Throws MalformedError where a session, encryption or authentication is claimed. */
  decode(datagram: Uint8Array): { payloadType: number; payload: Uint8Array } {
    const header = readSessionHeader(datagram)
    if (header.sessionId !== 0 || header.encrypted || header.authenticated) {
      throw new MalformedError('a packet of a session where a plain one is expected')
    }
    const payload = datagram.subarray(PAYLOAD_OFFSET, PAYLOAD_OFFSET + header.payloadLength)
    return { payloadType: header.payloadType, payload }
  },
}

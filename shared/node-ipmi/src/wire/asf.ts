import { bits, bytes } from '../codec/bits.ts'
import { MalformedError } from '../codec/malformed-error.ts'
import { RMCP_HEADER_LENGTH, RmcpClass, readRmcpClass, writeRmcpHeader } from './rmcp.ts'

/** IANA enterprise number of ASF (4542), most significant byte first. §13.2.3. */
const ASF_ENTERPRISE = [0x00, 0x00, 0x11, 0xbe]
const PRESENCE_PING = 0x80
const PRESENCE_PONG = 0x40

const message = bits({ enterprise: bytes(0, 4), type: [32, 8], tag: [40, 8], length: [56, 8], data: bytes(8) })

export interface PresencePing {
  readonly tag: number
}

export interface PresencePong {
  readonly tag: number
  /** Bit 7 of "supported entities": IPMI is supported. */
  readonly ipmi: boolean
}

/** RMCP presence ping, 12 bytes. §13.2.3. */
export const presencePing = {
  encode: ({ tag }: PresencePing): Uint8Array => encode(PRESENCE_PING, tag, new Uint8Array(0)),
  decode: (datagram: Uint8Array): PresencePing => ({ tag: decode(datagram, PRESENCE_PING).tag }),
}

/** RMCP presence pong, 28 bytes: OEM enterprise and data, supported entities, supported interactions. §13.2.4. */
export const presencePong = {
  encode({ tag, ipmi }: PresencePong): Uint8Array {
    const data = new Uint8Array(16)
    data.set(ASF_ENTERPRISE, 0)
    data[8] = (ipmi ? 0x80 : 0) | 0x01
    return encode(PRESENCE_PONG, tag, data)
  },
  decode(datagram: Uint8Array): PresencePong {
    const { tag, data } = decode(datagram, PRESENCE_PONG)
    if (data.length < 16) throw new MalformedError('presence pong shorter than 16 bytes')
    return { tag, ipmi: ((data[8] ?? 0) & 0x80) !== 0 }
  },
}

function encode(type: number, tag: number, data: Uint8Array): Uint8Array {
  const body = message.encode({ enterprise: Uint8Array.from(ASF_ENTERPRISE), type, tag, length: data.length, data })
  const datagram = new Uint8Array(RMCP_HEADER_LENGTH + body.length)
  writeRmcpHeader(datagram, RmcpClass.Asf)
  datagram.set(body, RMCP_HEADER_LENGTH)
  return datagram
}

function decode(datagram: Uint8Array, type: number): { tag: number; data: Uint8Array } {
  if (readRmcpClass(datagram) !== RmcpClass.Asf) throw new MalformedError('not an ASF message')
  const body = message.decode(datagram.subarray(RMCP_HEADER_LENGTH))
  if (!ASF_ENTERPRISE.every((byte, i) => body.enterprise[i] === byte))
    throw new MalformedError('enterprise number is not that of ASF')
  if (body.type !== type) throw new MalformedError(`ASF message type ${body.type}`)
  if (body.length > body.data.length) throw new MalformedError('ASF data truncated')
  return { tag: body.tag, data: body.data.subarray(0, body.length) }
}

import { MalformedError } from '../codec/malformed-error.ts'

/** RMCP message classes. §13.1.3, table 13-2. */
export const RmcpClass = { Asf: 0x06, Ipmi: 0x07 } as const

/** Version 06h, one reserved byte, sequence FFh (no RMCP acknowledge), class. */
export const RMCP_HEADER_LENGTH = 4

const VERSION = 0x06
const NO_ACKNOWLEDGE = 0xff

/** Writes the RMCP header into the first 4 bytes. */
export function writeRmcpHeader(datagram: Uint8Array, messageClass: number): void {
  datagram[0] = VERSION
  datagram[1] = 0
  datagram[2] = NO_ACKNOWLEDGE
  datagram[3] = messageClass
}

/**
 * Message class, 0..31. Throws MalformedError if the datagram is not RMCP version 1.0, or is an RMCP acknowledgement
 * (bit 7), which carries no message.
 */
export function readRmcpClass(datagram: Uint8Array): number {
  if (datagram.length < RMCP_HEADER_LENGTH) throw new MalformedError('shorter than an RMCP header')
  if (datagram[0] !== VERSION) throw new MalformedError('not RMCP version 1.0')
  const messageClass = datagram[3] ?? 0
  if ((messageClass & 0x80) !== 0) throw new MalformedError('RMCP acknowledgement')
  return messageClass & 0x1f
}

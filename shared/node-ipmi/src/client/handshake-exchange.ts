import type { Answered, ConsoleStep } from '../handshake/console-step.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { plainPacket } from '../wire/plain-packet.ts'
import type { Exchange, ExchangeEnd } from './link.ts'

/**
 * A handshake step as an exchange. Transmission n has the tag `firstTag + n`, so the tag of an answer names its
 * transmission.
 */
export function handshakeExchange(
  step: ConsoleStep<unknown>,
  firstTag: number,
  end: (end: ExchangeEnd, answered: Answered<unknown>) => void,
): Exchange {
  let answered: Answered<unknown> = { answer: undefined, transmissions: 0 }
  return {
    mayStall: step.payloadType !== PayloadType.OpenSessionRequest,
    datagram: (transmission) => handshakeDatagram(step, firstTag + transmission, transmission),
    accept: (datagram, header, transmissions) => {
      if (header === undefined || header.payloadType !== step.answerType) return undefined
      const { payload } = plainPacket.decode(datagram)
      const transmission = ((payload[0] ?? 0) - firstTag) & 0xff
      if (transmission >= transmissions) return undefined
      answered = { answer: step.read(payload, transmission), transmissions }
      return transmission
    },
    end: (how) => end(how, answered),
  }
}

/** The datagram of one transmission; `tag` is reduced modulo 256. */
export function handshakeDatagram(step: ConsoleStep<unknown>, tag: number, transmission: number): Uint8Array {
  return plainPacket.encode(step.payloadType, step.message(tag & 0xff, transmission))
}

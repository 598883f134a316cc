import { presencePing, presencePong } from '../wire/asf.ts'
import type { Exchange, ExchangeEnd } from './link.ts'

export interface Pong {
  /** The BMC says that it speaks IPMI. */
  readonly ipmi: boolean
}

/** An ASF presence ping as an exchange. Tag FFh would ask for no answer, so tags go from 0 to 254. §13.2.3. */
export function pingExchange(end: (end: ExchangeEnd, pong: Pong | undefined) => void): Exchange {
  let pong: Pong | undefined
  return {
    mostTransmissions: Number.POSITIVE_INFINITY,
    mayStall: false,
    datagram: (transmission) => presencePing.encode({ tag: transmission % 255 }),
    accept: (datagram, header, transmissions) => {
      if (header !== undefined) return undefined
      const { tag, ipmi } = presencePong.decode(datagram)
      if (tag >= transmissions) return undefined
      pong = { ipmi }
      return tag
    },
    end: (how) => end(how, pong),
  }
}

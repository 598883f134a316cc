import { presencePing, presencePong } from '../wire/asf.ts'
import type { Exchange, ExchangeEnd } from './link.ts'

export interface Pong {
  /** Whether the BMC says that it supports IPMI. §13.2.4. */
  readonly ipmi: boolean
}

/** An ASF presence ping as an exchange. Tags are 0..254, since tag FFh asks for no answer. §13.2.3. */
export function pingExchange(end: (end: ExchangeEnd, pong: Pong | undefined) => void): Exchange {
  let pong: Pong | undefined
  return {
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

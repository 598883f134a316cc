import type { ConsoleSession } from '../session/console-session.ts'
import type { LanResponse } from '../wire/lan-message.ts'
import { ANY_TRANSMISSION, type Exchange, type ExchangeEnd, type ExchangeLimits } from './link.ts'

export interface CommandRequest {
  readonly command: { readonly netFn: number; readonly cmd: number }
  readonly data: Uint8Array
  /** Set when the first transmission is handed to the network. */
  sent: boolean
}

/**
 * A command of an open session as an exchange. Each transmission is sealed anew and keeps the command's rqSeq. §6.12.
 */
export function commandExchange(
  session: ConsoleSession,
  request: CommandRequest,
  limits: ExchangeLimits,
  end: (end: ExchangeEnd, response: LanResponse | undefined) => void,
): Exchange {
  const { netFn, cmd } = request.command
  const message = { netFn, command: cmd, sequence: session.nextRequestSequence(), data: request.data }
  let answer: LanResponse | undefined
  return {
    ...limits,
    datagram: () => {
      request.sent = true
      return session.seal(message)
    },
    accept: (datagram, header) => {
      if (header === undefined || header.sessionId === 0) return undefined
      const response = session.open(datagram)
      const matches = response.sequence === message.sequence && response.command === cmd && response.netFn === netFn + 1
      if (!matches) return undefined
      answer = response
      return ANY_TRANSMISSION
    },
    end: (how) => end(how, answer),
  }
}

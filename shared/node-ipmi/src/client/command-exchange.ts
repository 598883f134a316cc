import type { Command } from '../commands/command.ts'
import type { ConsoleSession } from '../session/console-session.ts'
import type { LanResponse } from '../wire/lan-message.ts'
import { ANY_TRANSMISSION, type Exchange, type ExchangeEnd } from './link.ts'

export interface CommandExchangeOptions {
  readonly mostTransmissions: number
  readonly mayStall?: boolean
  readonly onceWaitMs?: number
  /** Called before each transmission. */
  readonly onSend?: () => void
}

/**
 * A command of an open session as an exchange. Each transmission is sealed anew and keeps the command's rqSeq. §6.12.
 */
export function commandExchange(
  session: ConsoleSession,
  command: Pick<Command<never, unknown>, 'netFn' | 'cmd'>,
  data: Uint8Array,
  options: CommandExchangeOptions,
  end: (end: ExchangeEnd, response: LanResponse | undefined) => void,
): Exchange {
  const request = { netFn: command.netFn, command: command.cmd, sequence: session.nextRequestSequence(), data }
  let answer: LanResponse | undefined
  return {
    mostTransmissions: options.mostTransmissions,
    mayStall: options.mayStall ?? false,
    ...(options.onceWaitMs === undefined ? {} : { onceWaitMs: options.onceWaitMs }),
    datagram: () => {
      options.onSend?.()
      return session.seal(request)
    },
    accept: (datagram, header) => {
      if (header === undefined || header.sessionId === 0) return undefined
      const response = session.open(datagram)
      const matches =
        response.sequence === request.sequence &&
        response.command === request.command &&
        response.netFn === request.netFn + 1
      if (!matches) return undefined
      answer = response
      return ANY_TRANSMISSION
    },
    end: (how) => end(how, answer),
  }
}

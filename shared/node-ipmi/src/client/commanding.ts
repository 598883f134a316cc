import { closeSession } from '../commands/close-session.ts'
import type { Command } from '../commands/command.ts'
import { getChannelCipherSuites } from '../commands/get-channel-cipher-suites.ts'
import { getChassisStatus } from '../commands/get-chassis-status.ts'
import { getDeviceId } from '../commands/get-device-id.ts'
import { setSessionPrivilegeLevel } from '../commands/set-session-privilege-level.ts'
import type { ConsoleHandshake } from '../handshake/console.ts'
import { ConsoleSession } from '../session/console-session.ts'
import { CompletionCode, isPassing } from '../spec/completion-code.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { isAnswerTo } from '../wire/lan-message.ts'
import { type BmcSession, NEVER, Step, Waiting, type WaitingFor } from './bmc-session.ts'
import type { ClientCounters } from './counters.ts'
import type { Dispatcher } from './dispatcher.ts'
import { algorithmListRequest, isDowngradeCheckDue, listsSuite17 } from './downgrade.ts'
import { noAnswer } from './no-answer.ts'
import { Once } from './once.ts'
import { type ExchangeEnd, Read } from './protocol.ts'
import type { Request } from './request.ts'
import type { Silence } from './silence.ts'

/** Most transmissions of Close Session: at the end, and for a session that is lost. */
const CLOSE_TRANSMISSIONS = 3
const LOST_CLOSE_TRANSMISSIONS = 2
/** How often the list of algorithms is asked for: ipmi_sim does not always answer. */
const SUITES_TRANSMISSIONS = 2
/** How often a session that may be closed is asked. */
const CHECK_TRANSMISSIONS = 5
/** How often a level that a BMC is too busy to raise is asked for again, and how far apart. */
const MOST_RAISES = 5
const RAISE_AGAIN_MS = 250

type OwnCommand = Pick<Command<never, unknown>, 'netFn' | 'cmd'>

export interface CommandingOptions {
  readonly counters: ClientCounters
  readonly dispatcher: Dispatcher
  readonly silence: Silence
  readonly random: (length: number) => Uint8Array
  /** The session is open, and the user may send commands. */
  readonly ready: (session: BmcSession) => void
  /** The session is closed, and a command waits for another. */
  readonly reopen: (session: BmcSession) => void
  /** The session was closed at the end. */
  readonly closed: (session: BmcSession) => void
}

/** Sends the commands of open sessions, one at a time in each, and what they need before and after. */
export class Commanding {
  readonly #options: CommandingOptions
  readonly #dispatcher: Dispatcher
  readonly #once: Once

  constructor(options: CommandingOptions) {
    this.#options = options
    this.#dispatcher = options.dispatcher
    this.#once = new Once({
      dispatcher: options.dispatcher,
      exchange: (session, step, command, onceWaitMs, data = empty) =>
        this.#exchange(session, step, command, data, onceWaitMs),
      close: (session) => this.#exchangeClose(session, Step.closeUnanswered, CLOSE_TRANSMISSIONS),
      checkClosed: (session) => {
        options.silence.forgetProbe(session)
        this.#exchange(session, Step.checkClosed, getDeviceId, empty, 0, CHECK_TRANSMISSIONS)
      },
    })
  }

  /** The handshake has given keys. */
  opened(session: BmcSession, { keys, managedSessionId }: ConsoleHandshake): void {
    if (keys === undefined) throw new Error('a handshake ended without keys')
    session.open = new ConsoleSession(keys, managedSessionId, this.#options.random)
    session.peer.cipherSuite = session.open.cipherSuite
    session.level = PrivilegeLevel.user
    session.levelRefusal = 0
    session.numbers.restart()
    session.isOn = undefined
    session.lookSinceMs = NEVER
    this.#options.silence.forget(session)
  }

  /** Begins to use the open session: calls `ready` when the user may. */
  begin(session: BmcSession): void {
    if (isDowngradeCheckDue(session)) {
      this.#exchange(session, Step.suites, getChannelCipherSuites, algorithmListRequest, 0, SUITES_TRANSMISSIONS)
    } else this.#options.ready(session)
  }

  /** Sends the request of the user; it may have one under way. */
  send(session: BmcSession, request: Request): void {
    session.request = request
    session.tries = 0
    this.advance(session)
  }

  /** Takes the next step towards the answer to the request. */
  advance(session: BmcSession): void {
    const { request } = session
    if (request === undefined) return
    if (session.open === undefined) this.#options.reopen(session)
    else if (request.level > session.level) this.#raise(session, request.level)
    else if (request.once) this.#once.begin(session, request)
    else {
      this.#exchange(session, Step.command, request.command, request.data)
      request.sequence = session.message?.sequence ?? -1
    }
  }

  datagram(session: BmcSession): Uint8Array {
    const { open, message } = session
    if (open === undefined || message === undefined) throw new Error('no command is under way')
    return open.seal(message)
  }

  /** Reads a datagram of the open session. Throws MalformedError. */
  read(session: BmcSession, datagram: Uint8Array): number {
    const { open, message } = session
    if (open === undefined) return Read.unexpected
    const answer = open.open(datagram)
    session.heardMs = this.#dispatcher.nowMs()
    session.isSuspect = false
    if (session.waiting === Waiting.answer && message !== undefined && isAnswerTo(message, answer)) {
      session.completionCode = answer.completionCode
      session.data = answer.data
      return Read.someTransmission
    }
    if (session.watch !== undefined) return this.#once.readBeside(session, session.watch, answer)
    return this.#options.silence.readInside(session, answer) ? Read.noted : Read.unexpected
  }

  ended(session: BmcSession, end: ExchangeEnd, was: WaitingFor): void {
    if (was === Waiting.answer) this.#count(session, end)
    if (end === 'deadline' && session.step < Step.closeLost) {
      if (was === Waiting.answer) this.#doubt(session)
      session.user?.fail(noAnswer(session, this.#dispatcher.nowMs()))
      return
    }
    switch (session.step) {
      case Step.command:
        if (end === 'stalled') this.#closeLost(session)
        else this.#finish(session)
        return
      case Step.raise:
        if (end === 'stalled') this.#closeLost(session)
        else if (was === Waiting.pause) this.advance(session)
        else this.#raised(session)
        return
      case Step.look:
        if (end === 'stalled') this.#closeLost(session)
        else this.#once.looked(session, was)
        return
      case Step.suites:
        this.#suitesAnswered(session, end)
        return
      case Step.closeLost:
        session.open = undefined
        if (end === 'deadline') session.user?.fail(noAnswer(session, this.#dispatcher.nowMs()))
        else this.#options.reopen(session)
        return
      case Step.close:
        session.open = undefined
        this.#options.closed(session)
        return
      default:
        this.#once.ended(session, end, was)
    }
  }

  /** Gives up what is under way; the session stays open. */
  leave(session: BmcSession): void {
    session.request = undefined
    session.lookSinceMs = NEVER
    if (session.watch !== undefined) this.#once.leave(session)
    if (session.waiting !== Waiting.answer) return
    session.numbers.unanswered(session.lastSentMs)
    // Close Session was sent.
    if (session.step >= Step.closeUnanswered) session.open = undefined
    else this.#doubt(session)
  }

  #doubt(session: BmcSession): void {
    session.isSuspect = this.#options.silence.isSuspect(session, this.#dispatcher.nowMs())
  }

  /** Sends Close Session until it is answered, three times at most. */
  close(session: BmcSession): void {
    this.#exchangeClose(session, Step.close, CLOSE_TRANSMISSIONS)
  }

  /** RAKP 3 was sent and is not answered: the session may be open. Its Close Session is sent once, and nobody waits. */
  closeUnopened(session: BmcSession, { keys, managedSessionId }: ConsoleHandshake): void {
    if (keys === undefined || session.status !== RmcpPlusStatus.Ok) return
    const { netFn, cmd, request } = closeSession
    const open = new ConsoleSession(keys, managedSessionId, this.#options.random)
    const data = request.encode({ sessionId: managedSessionId })
    this.#dispatcher.tell(session, open.seal({ netFn, command: cmd, sequence: open.nextRequestSequence(), data }))
  }

  /** The numbers of the answers are evidence only of exchanges that are known in full. */
  #count(session: BmcSession, end: ExchangeEnd): void {
    const { numbers, open, lastSentMs, watch } = session
    if (watch !== undefined || open === undefined) return
    if (end === 'answered') numbers.answered(open.answerNumber, session.transmissions === 1, lastSentMs)
    else numbers.unanswered(lastSentMs)
  }

  #finish(session: BmcSession): void {
    const { request, completionCode, data } = session
    session.request = undefined
    if (request === undefined) return
    if (request.command.cmd === getChassisStatus.cmd && request.command.netFn === getChassisStatus.netFn)
      this.#once.notePower(session)
    if (completionCode === CompletionCode.InsufficientPrivilege && session.levelRefusal !== 0)
      request.answered(session.levelRefusal, data, setSessionPrivilegeLevel)
    else request.answered(completionCode, data, request.command)
  }

  #raise(session: BmcSession, level: number): void {
    this.#exchange(session, Step.raise, setSessionPrivilegeLevel, setSessionPrivilegeLevel.request.encode({ level }))
  }

  /** A BMC that refuses the command may allow the level nevertheless: it says so when the user's command comes. */
  #raised(session: BmcSession): void {
    const { completionCode, request } = session
    if (isPassing(completionCode) && ++session.tries < MOST_RAISES) {
      this.#dispatcher.pause(session, RAISE_AGAIN_MS)
      return
    }
    session.levelRefusal = completionCode
    session.level = request?.level ?? session.level
    this.advance(session)
  }

  #suitesAnswered(session: BmcSession, end: ExchangeEnd): void {
    if (end !== 'answered' || !listsSuite17(session.completionCode, session.data)) this.#options.ready(session)
    else {
      session.downgrades++
      session.peer.cipherSuite = 17
      this.#options.counters.downgrades++
      this.#closeLost(session)
    }
  }

  #closeLost(session: BmcSession): void {
    this.#exchangeClose(session, Step.closeLost, LOST_CLOSE_TRANSMISSIONS)
  }

  #exchangeClose(session: BmcSession, step: Step, mostTransmissions: number): void {
    const data = closeSession.request.encode({ sessionId: session.open?.managedSessionId ?? 0 })
    this.#exchange(session, step, closeSession, data, 0, mostTransmissions)
  }

  #exchange(
    session: BmcSession,
    step: Step,
    { netFn, cmd }: OwnCommand,
    data: Uint8Array,
    onceWaitMs = 0,
    mostTransmissions = Number.POSITIVE_INFINITY,
  ): void {
    const sequence = session.open?.nextRequestSequence() ?? 0
    session.step = step
    session.message = { netFn, command: cmd, sequence, data }
    this.#dispatcher.begin(session, Waiting.answer, onceWaitMs, mostTransmissions)
  }
}

const empty = new Uint8Array(0)

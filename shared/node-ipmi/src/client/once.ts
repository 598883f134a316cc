import type { Command } from '../commands/command.ts'
import { getChassisStatus } from '../commands/get-chassis-status.ts'
import { setSessionPrivilegeLevel } from '../commands/set-session-privilege-level.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { isAnswerTo, type LanResponse } from '../wire/lan-message.ts'
import { type BmcSession, NEVER, Step, Waiting, type WaitingFor } from './bmc-session.ts'
import type { Dispatcher } from './dispatcher.ts'
import { OnceWatch, PATIENT_MS } from './once-watch.ts'
import { type ExchangeEnd, Read } from './protocol.ts'
import type { Request } from './request.ts'

/** Least wait for an answer before a poll asks after it, in milliseconds. */
const LEAST_WAIT_MS = 250
/** Least wait for the answer to a poll: an off interval is short. */
const LEAST_POLL_WAIT_MS = 100
/** Before the command, a lost datagram is given so long to show up after all. */
const SETTLE_MS = 500
/** Longest search for numbers that are evidence. After it the command is sent without. */
const LOOK_MS = 3000
/** Levels of Set Session Privilege Level: the mark that the first poll leaves, and "no change, read only". §22.18. */
const MARK_LEVEL = PrivilegeLevel.user
const PRESENT_LEVEL = 0
/** A power state that was read so long ago at most counts as the one before the command. */
const FRESH_MS = 5000

export interface OnceOptions {
  readonly dispatcher: Dispatcher
  /** Begins an exchange of a command without data. `onceWaitMs`: 0 where it may be sent again. */
  readonly exchange: (
    session: BmcSession,
    step: Step,
    command: Pick<Command<never, unknown>, 'netFn' | 'cmd'>,
    onceWaitMs: number,
    data?: Uint8Array,
  ) => void
  /** Begins Close Session with the step `closeUnanswered`. */
  readonly close: (session: BmcSession) => void
  /** Asks in the session and outside of it, with the step `checkClosed`. */
  readonly checkClosed: (session: BmcSession) => void
}

/**
 * Sends commands that must not be executed twice, each in exactly one datagram, and finds out what became of one that is not
 * answered. Before it: polls until the numbers of the BMC's answers are known to be evidence. After it: polls in the same
 * session, until the answer comes late, the numbers or the power state show it, or the watch ends.
 */
export class Once {
  readonly #options: OnceOptions

  constructor(options: OnceOptions) {
    this.#options = options
  }

  /** Sends the request, or first looks. */
  begin(session: BmcSession, request: Request): void {
    const nowMs = this.#options.dispatcher.nowMs()
    if (session.lookSinceMs === NEVER) session.lookSinceMs = nowMs
    if (this.#isReady(session, request, nowMs)) this.#send(session, request, nowMs)
    else this.#options.exchange(session, Step.look, getChassisStatus, 0)
  }

  /** A look is answered, or the pause after one is over. */
  looked(session: BmcSession, was: WaitingFor): void {
    const { request } = session
    if (request === undefined) return
    if (was === Waiting.answer) {
      this.notePower(session)
      const isRefused = isOnIn(session) === undefined
      if ((session.transmissions > 1 || isRefused) && !this.#isTired(session)) {
        this.#options.dispatcher.pause(session, SETTLE_MS)
        return
      }
    }
    this.begin(session, request)
  }

  /** Takes the power state from an answer to Get Chassis Status. §28.2. */
  notePower(session: BmcSession): void {
    const isOn = isOnIn(session)
    if (isOn === undefined) return
    session.isOn = isOn
    session.isOnSinceMs = this.#options.dispatcher.nowMs()
  }

  /** An authentic answer that is not the exchange's own. */
  readBeside(session: BmcSession, watch: OnceWatch, answer: LanResponse): number {
    const { request, open } = session
    if (request === undefined || open === undefined) return Read.unexpected
    const { netFn, cmd } = request.command
    if (isAnswerTo({ netFn, command: cmd, sequence: request.sequence }, answer)) {
      session.completionCode = answer.completionCode
      session.data = answer.data
      // Close Session was sent: the session may be closed.
      if (session.step !== Step.poll) session.isSuspect = true
      session.step = Step.once
      return Read.other
    }
    if (!watch.isOpen(answer.sequence)) {
      // One to the same command under a wrong rqSeq may be the answer: the numbers show it as such.
      if (answer.command !== cmd || answer.netFn !== netFn + 1) watch.strangerAnswered(open.answerNumber)
      return Read.unexpected
    }
    this.#pollAnswered(session, request, watch, answer)
    return Read.noted
  }

  /** The exchange of a step `once`, `poll` or `closeUnanswered` is over, or a pause between polls. */
  ended(session: BmcSession, end: ExchangeEnd, was: WaitingFor): void {
    const { request, watch, open } = session
    if (request === undefined || watch === undefined || open === undefined) return
    const nowMs = this.#options.dispatcher.nowMs()
    if (session.step === Step.closeUnanswered) this.#closed(session, request, watch, end, nowMs)
    else if (session.step === Step.checkClosed) this.#closeChecked(session, request, watch, end, nowMs)
    else if (session.step === Step.once && end === 'answered') this.#answered(session, request)
    else if (was === Waiting.pause || session.step === Step.once) this.#poll(session, request, watch, nowMs)
    else {
      const { message, completionCode, data } = session
      if (end === 'answered' && message !== undefined)
        this.#pollAnswered(session, request, watch, { ...message, completionCode, data })
      this.#judge(session, request, watch, nowMs)
    }
  }

  #isReady(session: BmcSession, request: Request, nowMs: number): boolean {
    const { numbers, isOn, isOnSinceMs } = session
    const isPowerKnown = isOn !== undefined && nowMs - isOnSinceMs <= FRESH_MS
    if (!numbers.isAnswered) return false
    if (this.#isTired(session)) return true
    return (isPowerKnown || !request.offShowsIt) && (numbers.isEvidence(SETTLE_MS) || numbers.irregular)
  }

  /** The numbers were looked at for long enough. */
  #isTired({ lookSinceMs }: BmcSession): boolean {
    return this.#options.dispatcher.nowMs() - lookSinceMs >= LOOK_MS
  }

  #send(session: BmcSession, request: Request, nowMs: number): void {
    const { numbers, peer } = session
    const from = numbers.isEvidence(SETTLE_MS) ? numbers.last : undefined
    // Lowering the level is a mark only where it is raised.
    const canMark = session.level > MARK_LEVEL && session.levelRefusal === 0
    session.watch = new OnceWatch(nowMs, from, canMark)
    session.lookSinceMs = NEVER
    const waitMs = Math.max(LEAST_WAIT_MS, Math.min(1.5 * peer.timeoutMs, PATIENT_MS / 4))
    this.#options.exchange(session, Step.once, request.command, waitMs, request.data)
    request.sequence = session.message?.sequence ?? -1
  }

  #poll(session: BmcSession, request: Request, watch: OnceWatch, nowMs: number): void {
    if (nowMs >= watch.endsMs) {
      this.#judge(session, request, watch, nowMs)
      return
    }
    const waitMs = Math.max(LEAST_POLL_WAIT_MS, Math.min(session.peer.timeoutMs, watch.endsMs - nowMs))
    const { nextPoll } = watch
    if (nextPoll === 'look') this.#options.exchange(session, Step.poll, getChassisStatus, waitMs)
    else {
      const level = nextPoll === 'mark' ? MARK_LEVEL : PRESENT_LEVEL
      const data = setSessionPrivilegeLevel.request.encode({ level })
      this.#options.exchange(session, Step.poll, setSessionPrivilegeLevel, waitMs, data)
      session.level = MARK_LEVEL
    }
    const sequence = session.message?.sequence ?? -1
    if (nextPoll === 'mark') watch.marked(sequence, nowMs)
    else watch.polled(sequence, nowMs)
  }

  /** After a poll: ends the watch, or waits for the next poll. */
  #judge(session: BmcSession, request: Request, watch: OnceWatch, nowMs: number): void {
    const evidence = watch.evidence(nowMs)
    if (evidence === 'answered') this.#proved(session, request)
    else if (nowMs < watch.endsMs) {
      // A mark is read at once: until it is, nobody looks at the power state.
      if (watch.nextPoll === 'read-mark') this.#poll(session, request, watch, nowMs)
      else this.#options.dispatcher.pause(session, Math.min(watch.pollDelayMs(nowMs), watch.endsMs - nowMs))
    } else if (evidence === 'not-answered-yet' && watch.heardUntil(nowMs)) this.#options.close(session)
    else this.#unknown(session, request)
  }

  #closed(session: BmcSession, request: Request, watch: OnceWatch, end: ExchangeEnd, nowMs: number): void {
    if (end !== 'answered') {
      this.#options.checkClosed(session)
      return
    }
    if (session.completionCode === 0) watch.closeAnswered(session.open?.answerNumber ?? 0)
    const isClosed = session.completionCode === 0
    const evidence = isClosed ? watch.evidence(nowMs) : 'ambiguous'
    if (isClosed) session.open = undefined
    if (evidence === 'answered') this.#proved(session, request)
    else if (evidence === 'not-answered-yet') this.#notAnswered(session, request)
    else this.#unknown(session, request)
  }

  /** The answer to Close Session was lost where the BMC answers outside of the session, and nothing in it any more. */
  #closeChecked(session: BmcSession, request: Request, watch: OnceWatch, end: ExchangeEnd, nowMs: number): void {
    const evidence = watch.evidence(nowMs)
    const isClosed = end !== 'answered'
    if (isClosed) session.open = undefined
    if (evidence === 'answered') this.#proved(session, request)
    else if (isClosed && session.probeAnswered && evidence === 'not-answered-yet') this.#notAnswered(session, request)
    else this.#unknown(session, request)
  }

  #pollAnswered(
    session: BmcSession,
    { offShowsIt }: Request,
    watch: OnceWatch,
    { command, sequence, completionCode, data }: Pick<LanResponse, 'command' | 'sequence' | 'completionCode' | 'data'>,
  ): void {
    const reads = watch.nextPoll === 'read-mark'
    watch.pollAnswered(sequence, session.open?.answerNumber ?? 0, this.#options.dispatcher.nowMs())
    if (command === setSessionPrivilegeLevel.cmd) {
      const [first] = data
      if (reads) watch.markRead(completionCode === 0 && first !== undefined ? (first & 0x0f) === MARK_LEVEL : undefined)
      return
    }
    // A machine that was on and is off now shows that the command was executed.
    if (offShowsIt && session.isOn === true && isOnIn({ completionCode, data }) === false) watch.shown = true
  }

  #answered(session: BmcSession, request: Request): void {
    this.#end(session)
    request.answered(session.completionCode, session.data, request.command)
  }

  #proved(session: BmcSession, request: Request): void {
    // Seen to be executed, and perhaps answered later.
    if (session.watch?.shown) this.leave(session)
    else this.#end(session)
    if (request.answerIsEmpty) request.answered(0, new Uint8Array(0), request.command)
    else
      request.failed('unknown-outcome', `${request.command.name} was sent once and answered, and the answer was lost`)
  }

  #unknown(session: BmcSession, request: Request): void {
    this.leave(session)
    request.failed('unknown-outcome', unknownOutcome(request))
  }

  #notAnswered(session: BmcSession, request: Request): void {
    this.#end(session)
    const waited = `the BMC answered everything else for ${PATIENT_MS / 1000} s`
    request.failed(
      'not-answered',
      `${request.command.name} was sent once, and ${waited}, but not this: it was most likely not executed`,
    )
  }

  /** Gives up a command whose outcome is open: its answer may come later, so the session's numbers say nothing any more. */
  leave(session: BmcSession): void {
    this.#end(session)
    session.numbers.distrust()
  }

  #end(session: BmcSession): void {
    const { watch, numbers, lastSentMs } = session
    numbers.restart()
    if (watch?.hasOpenPolls) numbers.uncertainSinceMs = lastSentMs
    session.watch = undefined
    session.request = undefined
    session.isOn = undefined
  }
}

/** The power state of an answer to Get Chassis Status; undefined where the BMC refused it, or sent no data. §28.2. */
function isOnIn({ completionCode, data }: Pick<LanResponse, 'completionCode' | 'data'>): boolean | undefined {
  const [first] = data
  return completionCode === 0 && first !== undefined ? (first & 1) === 1 : undefined
}

/** What is said of a command that was sent once and whose outcome nothing shows. */
export function unknownOutcome({ command }: Request): string {
  return `${command.name} was sent once and not answered: it may have been executed`
}

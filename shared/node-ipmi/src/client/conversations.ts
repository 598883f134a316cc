import { readUint32 } from '../codec/uint32.ts'
import type { ConsoleHandshake } from '../handshake/console.ts'
import { presencePing, presencePong } from '../wire/asf.ts'
import { RmcpClass } from '../wire/rmcp.ts'
import { AUTHENTICATION_TYPE_RMCP_PLUS } from '../wire/session-header.ts'
import { type BmcSession, type SessionUser, Step, Waiting, type WaitingFor } from './bmc-session.ts'
import { Commanding } from './commanding.ts'
import type { ClientCounters } from './counters.ts'
import type { Dispatcher } from './dispatcher.ts'
import { noAnswer } from './no-answer.ts'
import { Opening, type OpeningListener } from './opening.ts'
import { type ExchangeEnd, type Protocol, Read } from './protocol.ts'
import type { Request } from './request.ts'
import { Silence } from './silence.ts'

/** Longest wait for the answer to Close Session, in milliseconds; then the BMC's own time-out ends the session. */
const CLOSE_WAIT_MS = 2000

/** All conversations of a client: which part of the protocol speaks for each, and how each begins and ends. */
export class Conversations implements Protocol, OpeningListener {
  readonly #dispatcher: Dispatcher
  readonly #counters: ClientCounters
  readonly #silence: Silence
  readonly #opening: Opening
  readonly #commanding: Commanding

  constructor(dispatcher: Dispatcher, counters: ClientCounters, random: (length: number) => Uint8Array) {
    this.#dispatcher = dispatcher
    this.#counters = counters
    this.#silence = new Silence(dispatcher, random)
    this.#opening = new Opening(dispatcher, random, this)
    this.#commanding = new Commanding({
      dispatcher,
      silence: this.#silence,
      random,
      counters,
      ready: (session) => this.#ready(session),
      reopen: (session) => this.#open(session),
      closed: (session) => dispatcher.remove(session),
    })
    dispatcher.protocol = this
  }

  /** Begins a run that ends at `deadlineMs` on the client's clock. If the session is open, calls `opened` at once. */
  enter(session: BmcSession, user: SessionUser, deadlineMs: number): void {
    session.user = user
    if (session.open === undefined) {
      session.deadlineMs = deadlineMs
      this.#open(session)
    } else {
      this.#dispatcher.limit(session, deadlineMs)
      user.opened()
    }
  }

  /** Sends a request of the run; it may have one under way. */
  send(session: BmcSession, request: Request): void {
    this.#commanding.send(session, request)
  }

  /** Whether a command that is sent once has left, and is not known to be answered. */
  isOut({ watch, step, transmissions }: BmcSession): boolean {
    return watch !== undefined && (step !== Step.once || transmissions > 0)
  }

  /** Ends the run: gives up the request under way, and keeps the session. */
  leave(session: BmcSession): void {
    if (session.handshake !== undefined) {
      this.#counters.sessionsFailed++
      this.#commanding.closeUnopened(session, session.handshake)
      session.handshake = undefined
    }
    this.#commanding.leave(session)
    session.user = undefined
    session.deadlineMs = Number.POSITIVE_INFINITY
    this.#dispatcher.rest(session)
  }

  /** Closes the session, if it is open, and then removes the conversation. No run may begin any more. */
  close(session: BmcSession): void {
    if (session.open === undefined) this.#dispatcher.remove(session)
    else {
      session.deadlineMs = this.#dispatcher.nowMs() + CLOSE_WAIT_MS
      this.#commanding.close(session)
    }
  }

  /** Sends presence pings until one is answered: `session.ipmi` is then set. §13.2.3. */
  ping(session: BmcSession, user: SessionUser): void {
    session.user = user
    this.#dispatcher.begin(session, Waiting.pong)
  }

  opened(session: BmcSession, handshake: ConsoleHandshake): void {
    this.#counters.sessionsOpened++
    this.#commanding.opened(session, handshake)
    this.#commanding.begin(session)
  }

  openingFailed(session: BmcSession): void {
    session.handshake = undefined
  }

  datagram(session: BmcSession, transmission: number): Uint8Array {
    if (session.waiting === Waiting.answer) return this.#commanding.datagram(session)
    // Tags are 0..254, since tag FFh asks for no answer.
    if (session.waiting === Waiting.pong) return presencePing.encode({ tag: transmission % 255 })
    return this.#opening.datagram(session, transmission)
  }

  read(session: BmcSession, datagram: Uint8Array): number {
    if ((datagram[3] ?? 0) === RmcpClass.Asf) return readPong(session, datagram)
    if (datagram[4] !== AUTHENTICATION_TYPE_RMCP_PLUS) return this.#readProbe(session, datagram)
    if (readUint32(datagram, 6) !== 0) return this.#commanding.read(session, datagram)
    const { waiting } = session
    const isOpening = waiting >= Waiting.openSession && waiting <= Waiting.rakp4
    return isOpening ? this.#opening.read(session, datagram) : Read.unexpected
  }

  ended(session: BmcSession, end: ExchangeEnd, was: WaitingFor): void {
    if (end === 'answered' && !session.isHeard) {
      session.isHeard = true
      if (session.heardDeadlineMs > session.deadlineMs) this.#dispatcher.limit(session, session.heardDeadlineMs)
    }
    if (was === Waiting.pong) this.#ponged(session, end)
    else if (session.open !== undefined) this.#commanding.ended(session, end, was)
    else if (session.isVersion15) {
      const what = 'the BMC speaks IPMI v1.5 only, which has no RMCP+ sessions: update its firmware'
      this.#opening.fail(session, 'unsupported', what)
    } else this.#opening.ended(session, end, was)
  }

  isStalled(session: BmcSession, nowMs: number): boolean {
    if (session.waiting === Waiting.answer) {
      if (session.step === Step.checkClosed) this.#silence.probeClosed(session, nowMs)
      return session.step <= Step.look && this.#silence.isLost(session, nowMs)
    }
    if (session.waiting === Waiting.openSession) this.#silence.probeUnopened(session, nowMs)
    return this.#opening.isStalled(session, nowMs)
  }

  #ready(session: BmcSession): void {
    if (session.request !== undefined) this.#commanding.advance(session)
    else session.user?.opened()
  }

  #open(session: BmcSession): void {
    this.#silence.forget(session)
    this.#opening.start(session)
  }

  #readProbe(session: BmcSession, datagram: Uint8Array): number {
    const answer = this.#silence.readProbe(session, datagram)
    if (answer === undefined) return Read.unexpected
    if (answer === 'version-2.0' || session.waiting !== Waiting.openSession) return Read.noted
    session.isVersion15 = true
    return Read.other
  }

  #ponged(session: BmcSession, end: ExchangeEnd): void {
    if (end === 'answered') session.user?.opened()
    else session.user?.fail(noAnswer(session, this.#dispatcher.nowMs()))
  }
}

function readPong(session: BmcSession, datagram: Uint8Array): number {
  if (session.waiting !== Waiting.pong) return Read.unexpected
  const { tag, ipmi } = presencePong.decode(datagram)
  if (tag >= session.transmissions) return Read.unexpected
  session.ipmi = ipmi
  return tag
}

import { readUint32 } from '../codec/uint32.ts'
import {
  type ConsoleHandshake,
  consoleHandshake,
  openSessionDatagram,
  rakp1Datagram,
  rakp3Datagram,
  readOpenSession,
  readRakp2,
  readRakp4,
  refuseRakp2Datagram,
  TAG_AT,
} from '../handshake/console.ts'
import { HIGHEST, isSuiteRefused, proposalOf, proposalsOf, withoutRefused } from '../handshake/proposals.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { isFull, RmcpPlusStatus, rmcpPlusStatusMeaning } from '../spec/rmcp-plus-status.ts'
import { TYPE_AT } from '../wire/session-header.ts'
import { type BmcSession, Waiting, type WaitingFor } from './bmc-session.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { IpmiErrorKind } from './ipmi-error.ts'
import { noAnswer } from './no-answer.ts'
import { type ExchangeEnd, Read } from './protocol.ts'

/** Most handshakes begun again after a refusal that a fresh handshake may avoid. */
const MOST_FRESH_STARTS = 4
/** Wait for a free session, in milliseconds; it doubles up to MOST_FULL_WAIT_MS. */
const FIRST_FULL_WAIT_MS = 500
const MOST_FULL_WAIT_MS = 4000
/**
 * A RAKP message without an answer for so long, in milliseconds, and sent so often, is taken for one to a BMC that has
 * forgotten the handshake. The wait doubles with each new handshake, for a BMC that is just slow.
 */
const STALLED_MS = 5000
const STALLED_TRANSMISSIONS = 5

/** What becomes of an opening: one of the two is called, once. */
export interface OpeningListener {
  opened(session: BmcSession, handshake: ConsoleHandshake): void
  openingFailed(session: BmcSession): void
}

/** Opens sessions, each until its deadline. Begins a handshake again where that may succeed. §13.14, §13.15. */
export class Opening {
  readonly #dispatcher: Dispatcher
  readonly #random: (length: number) => Uint8Array
  readonly #listener: OpeningListener

  constructor(dispatcher: Dispatcher, random: (length: number) => Uint8Array, listener: OpeningListener) {
    this.#dispatcher = dispatcher
    this.#random = random
    this.#listener = listener
  }

  /** Begins to open the session. */
  start(session: BmcSession): void {
    session.wasRefused17 = false
    session.freshStarts = 0
    session.stalls = 0
    session.fullWaitMs = FIRST_FULL_WAIT_MS
    const { cipherSuite, privilege, quirks } = session.login
    const suites = cipherSuite !== undefined ? [cipherSuite] : session.peer.cipherSuite === 17 ? both : older
    session.proposals = proposalsOf(suites, quirks?.highestLevel ? HIGHEST : privilege)
    this.#begin(session)
  }

  /** A new handshake, with what the BMC has not refused yet. */
  #begin(session: BmcSession): void {
    const random = this.#random
    // 31 bits, which a Map of numbers keeps without a box.
    this.#dispatcher.identify(session, () => readUint32(random(4), 0) >>> 1)
    session.handshake = consoleHandshake(session.login, session.consoleSessionId, random(16))
    session.isStale = false
    session.tag = random(1)[0] ?? 0
    this.#dispatcher.begin(session, Waiting.openSession)
  }

  /** A transmission of the handshake. Transmission n has the tag `session.tag + n`, which its answer repeats. */
  datagram(session: BmcSession, transmission: number): Uint8Array {
    const handshake = handshakeOf(session)
    const tag = (session.tag + transmission) & 0xff
    switch (session.waiting) {
      case Waiting.rakp2:
        return rakp1Datagram(handshake, tag)
      case Waiting.rakp4:
        return rakp3Datagram(handshake, tag)
      default:
        return openSessionDatagram(handshake, tag, proposalOf(session.proposals, transmission))
    }
  }

  /**
   * Reads an answer of the handshake. The right session ID makes it the answer: some BMCs repeat another tag. Throws
   * MalformedError.
   */
  read(session: BmcSession, datagram: Uint8Array): number {
    const handshake = handshakeOf(session)
    switch (datagram[TYPE_AT]) {
      case PayloadType.OpenSessionResponse:
        if (session.waiting !== Waiting.openSession) return Read.unexpected
        session.status = readOpenSession(handshake, datagram, session.proposals)
        break
      case PayloadType.Rakp2:
        if (session.waiting !== Waiting.rakp2) return Read.unexpected
        session.status = readRakp2(handshake, datagram)
        break
      case PayloadType.Rakp4:
        if (session.waiting !== Waiting.rakp4) return Read.unexpected
        session.status = readRakp4(handshake, datagram)
        break
      default:
        return Read.unexpected
    }
    const transmission = ((datagram[TAG_AT] ?? 0) - session.tag) & 0xff
    session.answered = transmission < session.transmissions ? transmission : Read.someTransmission
    return session.answered
  }

  ended(session: BmcSession, end: ExchangeEnd, was: WaitingFor): void {
    if (end === 'stalled' || (end === 'silent' && was === Waiting.pause)) {
      this.#begin(session)
      return
    }
    if (end !== 'answered') {
      session.user?.fail(noAnswer(session, this.#dispatcher.nowMs()))
      this.#listener.openingFailed(session)
      return
    }
    const { transmissions } = session
    session.tag += transmissions
    if (was === Waiting.openSession) this.#openSessionAnswered(session)
    else {
      if (transmissions > 1) session.isStale = true
      if (was === Waiting.rakp2) this.#rakp2Answered(session)
      else this.#rakp4Answered(session)
    }
  }

  #openSessionAnswered(session: BmcSession): void {
    const { status } = session
    if (status === RmcpPlusStatus.Ok) {
      this.#dispatcher.begin(session, Waiting.rakp2)
      return
    }
    if (isFull(status)) {
      this.#waitForFreeSession(session)
      return
    }
    const refused = proposalOf(session.proposals, Math.max(0, session.answered))
    if (refused.suite === 17) session.wasRefused17 = true
    const left = withoutRefused(session.proposals, refused, status)
    if (left.length === 0) this.#refused(session, 'Open Session Response')
    else {
      session.proposals = left
      this.#dispatcher.begin(session, Waiting.openSession)
    }
  }

  #rakp2Answered(session: BmcSession): void {
    const handshake = handshakeOf(session)
    if (session.status === RmcpPlusStatus.Ok) {
      this.#dispatcher.begin(session, Waiting.rakp4)
      return
    }
    // A wrong code of the BMC's; its own refusals come without a code.
    if (session.status === RmcpPlusStatus.InvalidIntegrityCheckValue && handshake.managedRandom.length > 0) {
      this.#dispatcher.tell(session, refuseRakp2Datagram(handshake, session.tag & 0xff))
      session.tag++
      this.#refused(session, 'RAKP 2', false)
    } else this.#refused(session, 'RAKP 2')
  }

  #rakp4Answered(session: BmcSession): void {
    const handshake = handshakeOf(session)
    if (session.status !== RmcpPlusStatus.Ok) {
      this.#refused(session, 'RAKP 4')
      return
    }
    session.handshake = undefined
    this.#listener.opened(session, handshake)
  }

  /** Whether the BMC seems to have forgotten the handshake. An Open Session Request is sent until the deadline. */
  isStalled(session: BmcSession, nowMs: number): boolean {
    if (session.waiting === Waiting.openSession) return false
    const patienceMs = STALLED_MS * 2 ** session.stalls
    if (session.transmissions < STALLED_TRANSMISSIONS || nowMs - session.firstSentMs < patienceMs) return false
    session.stalls++
    return true
  }

  /** Fails the opening for a reason that no new handshake mends. */
  fail(session: BmcSession, kind: IpmiErrorKind, what: string, status?: number): void {
    const details = status === undefined ? {} : { status }
    session.user?.fail(session.error(kind, what, this.#dispatcher.nowMs(), details))
    this.#listener.openingFailed(session)
  }

  #refused(session: BmcSession, answer: string, isStale = session.isStale): void {
    const { status, login } = session
    const message = `${answer}: ${rmcpPlusStatusMeaning(status)}`
    if (isFull(status)) this.#waitForFreeSession(session)
    else if (mayGoAway(status, isStale) && session.freshStarts < MOST_FRESH_STARTS) {
      session.freshStarts++
      this.#begin(session)
    } else if (isSuiteRefused(status)) {
      const asked = login.cipherSuite ?? '17 and 3'
      this.fail(session, 'unsupported', `the BMC refused cipher suite ${asked} (${message})`, status)
    } else if (status === RmcpPlusStatus.InvalidIntegrityCheckValue) {
      const what = answer === 'RAKP 4' && login.kg !== undefined ? 'password or K_g' : 'password'
      this.fail(session, 'credentials', `wrong ${what} (${message})`, status)
    } else this.fail(session, kindOf(status), message, status)
  }

  #waitForFreeSession(session: BmcSession): void {
    const delayMs = session.fullWaitMs * (0.75 + (this.#random(1)[0] ?? 0) / 1024)
    session.fullWaitMs = Math.min(MOST_FULL_WAIT_MS, session.fullWaitMs * 2)
    if (this.#dispatcher.nowMs() + delayMs < session.deadlineMs) this.#dispatcher.pause(session, delayMs)
    else this.fail(session, 'refused', `the BMC refused: ${rmcpPlusStatusMeaning(session.status)}`, session.status)
  }
}

const both = [17, 3] as const
const older = [3, 17] as const

function handshakeOf({ handshake }: BmcSession): ConsoleHandshake {
  if (handshake === undefined) throw new Error('no handshake is under way')
  return handshake
}

/** Whether a fresh handshake may succeed: the BMC forgot the half-open session, or repeats crossed. */
function mayGoAway(status: number, stale: boolean): boolean {
  if (status === RmcpPlusStatus.InvalidSessionId || status === RmcpPlusStatus.InactiveSessionId) return true
  return stale && status === RmcpPlusStatus.InvalidIntegrityCheckValue
}

function kindOf(status: number): IpmiErrorKind {
  switch (status) {
    case RmcpPlusStatus.UnauthorizedName:
    case RmcpPlusStatus.InvalidNameLength:
      return 'credentials'
    case RmcpPlusStatus.InvalidRole:
    case RmcpPlusStatus.UnauthorizedRole:
      return 'privilege'
    default:
      return 'refused'
  }
}

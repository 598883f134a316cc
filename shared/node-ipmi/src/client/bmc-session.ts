import type { ConsoleHandshake } from '../handshake/console.ts'
import type { Proposal } from '../handshake/proposals.ts'
import type { ConsoleSession } from '../session/console-session.ts'
import type { LanRequest } from '../wire/lan-message.ts'
import { AnswerNumbers } from './answer-numbers.ts'
import type { Due } from './due-queue.ts'
import { IpmiError, type IpmiErrorDetails, type IpmiErrorKind } from './ipmi-error.ts'
import type { OnceWatch } from './once-watch.ts'
import type { Peer } from './peer.ts'
import type { Request } from './request.ts'
import type { Login } from './target.ts'

/** What a conversation waits for. */
export const Waiting = {
  /** For nothing but the deadline. */
  nothing: 0,
  /** For the end of a pause. */
  pause: 1,
  openSession: 2,
  rakp2: 3,
  rakp4: 4,
  /** For the answer to a command in the session. */
  answer: 5,
  pong: 6,
} as const

export type WaitingFor = (typeof Waiting)[keyof typeof Waiting]

/** What a command in the session is sent for. */
export const Step = {
  /** The user's command. */
  command: 0,
  /** Set Session Privilege Level, before it. */
  raise: 1,
  /** A poll before a command that is sent once. */
  look: 2,
  /** Get Channel Cipher Suites, where suite 17 was refused. */
  suites: 3,
  /** A command that is sent once. */
  once: 4,
  /** A poll after it. */
  poll: 5,
  /** Close Session: after a command that was not answered; below, of a session that is lost, and at the end. */
  closeUnanswered: 6,
  /** Whether a session whose Close Session was not answered is closed. */
  checkClosed: 7,
  closeLost: 8,
  close: 9,
} as const

export type Step = (typeof Step)[keyof typeof Step]

const nothing = new Uint8Array(0)
/** Before any time. Not 0, so that the engine keeps the field as a double from the start. */
export const NEVER = Number.NEGATIVE_INFINITY

/** The run that uses the session: one at a time. */
export interface SessionUser {
  /** Called once, when the session is open. */
  opened(): void
  /** The session cannot be opened, at first or anew, or the deadline has passed. */
  fail(error: IpmiError): void
}

/** Who holds the conversation. */
export interface SessionOwner {
  /** It cannot go on: the client was closed, or the system cannot send to the BMC. */
  onFail(error: IpmiError): void
}

/**
 * The whole state of one conversation with one BMC, in one object: a sweep has thousands of them. It has one exchange at a
 * time: a request that is sent until it is answered. The dispatcher owns the fields of the exchange; Opening, Commanding
 * and OnceWatch own theirs.
 */
export class BmcSession implements Due {
  readonly peer: Peer<BmcSession>
  readonly login: Login
  /** Whose conversation it is. */
  connection: SessionOwner | undefined
  user: SessionUser | undefined
  /** When the run under way began. */
  startedMs: number
  deadlineMs = Number.POSITIVE_INFINITY
  /** Whether the BMC has ever answered an exchange of this conversation; the deadline from then on, if it is later. */
  isHeard = false
  heardDeadlineMs = 0
  /** Datagrams sent. */
  datagrams = 0
  consoleSessionId = 0

  waiting: WaitingFor = Waiting.nothing
  /** Transmissions of the exchange, and when the first and the last were sent. */
  transmissions = 0
  firstSentMs = NEVER
  lastSentMs = NEVER
  /** When each transmission but the first was sent. */
  readonly resentMs: number[] = []
  /** If above 0: the request is sent once, and the wait is this long. */
  onceWaitMs = NEVER
  mostTransmissions = Number.POSITIVE_INFINITY
  /** Time of the next transmission, or end of the wait or pause. Infinity: only the deadline is due. */
  nextMs = Number.POSITIVE_INFINITY
  /** Delay from which `nextMs` was computed. */
  delayMs = NEVER
  /** Until when the last sent datagram counts as in flight; NEVER: none is in flight. */
  slotUntilMs = NEVER
  queued = false
  dueMs = NEVER
  place = -1
  isGone = false

  /** Opening: the handshake, what may still be proposed, the tag of its next message, and the status of the last answer. */
  handshake: ConsoleHandshake | undefined
  proposals: readonly Proposal[] = []
  tag = 0
  status = 0
  freshStarts = 0
  stalls = 0
  fullWaitMs = 0
  /** Suite 17 was refused in this handshake; how many sessions with suite 3 were given up for that. */
  wasRefused17 = false
  downgrades = 0
  /** A message of this handshake was sent more than once: console and BMC may hold different random numbers. */
  isStale = false
  /** Transmission that the last answer belongs to; -1 where its tag is none of ours. */
  answered = 0

  /** Commanding: the open session, its privilege level, and the command of the user. */
  open: ConsoleSession | undefined
  level = 0
  /** Completion code by which the BMC refused to raise the level; 0: it did not. */
  levelRefusal = 0
  request: Request | undefined
  /** What the exchange is for, and its message: the user's command, or one that the client needs for itself. */
  step: Step = Step.command
  message: LanRequest | undefined
  completionCode = 0
  data: Uint8Array = nothing
  tries = 0

  /** Commands that are sent once: the numbers of the answers, the power state, and the watch after one was sent. */
  readonly numbers = new AnswerNumbers()
  isOn: boolean | undefined
  isOnSinceMs = NEVER
  lookSinceMs = NEVER
  watch: OnceWatch | undefined

  /**
   * Silence: when the open session was last heard; whether it was silent at the end of the run before; rqSeq of the
   * probe outside the session, -1: none was sent, and whether it was answered; the same for the probe in the session.
   */
  heardMs = NEVER
  isSuspect = false
  probe = -1
  probeSentMs = NEVER
  probeAnswered = false
  aliveSequence = -1
  aliveSentMs = NEVER
  aliveSinceMs = NEVER
  /** The BMC says that it speaks IPMI v1.5 only. */
  isVersion15 = false
  /** The answer to a ping: the BMC says that it supports IPMI. §13.2.4. */
  ipmi = false
  /** From where else answers came. */
  otherSource: string | undefined

  constructor(peer: Peer<BmcSession>, login: Login, startedMs: number) {
    this.peer = peer
    this.login = login
    this.startedMs = startedMs
  }

  /** An IpmiError with address, time that the run has waited, and datagrams sent. */
  error(kind: IpmiErrorKind, what: string, nowMs: number, details: IpmiErrorDetails = {}): IpmiError {
    const waitedMs = Math.round(nowMs - this.startedMs)
    return new IpmiError(kind, this.peer.name, what, { waitedMs, datagrams: this.datagrams, ...details })
  }
}

import type { SessionHeader } from '../wire/session-header.ts'
import type { Due } from './due-queue.ts'
import { IpmiError, type IpmiErrorDetails, type IpmiErrorKind } from './ipmi-error.ts'
import type { Peer } from './peer.ts'

/**
 * How an exchange ended. `silent`: no answer within its own wait. `stalled`: many transmissions without an answer.
 * `deadline`: the run's deadline came.
 */
export type ExchangeEnd = 'answered' | 'silent' | 'stalled' | 'deadline'

/** The answer may belong to any of several transmissions, so it gives no round-trip sample. */
export const ANY_TRANSMISSION = -1

/** When an exchange ends without an answer. With no limit set, it ends at the run's deadline. */
export interface ExchangeLimits {
  /** Most transmissions; after the wait for the last one the exchange ends as `silent`. */
  readonly mostTransmissions?: number
  /** If set, the request is sent once and the wait is this long, in milliseconds, instead of the usual time-outs. */
  readonly onceWaitMs?: number
  /** Many unanswered transmissions end the exchange as `stalled`. */
  readonly mayStall?: boolean
}

/** One request and the wait for its answer. */
export interface Exchange extends ExchangeLimits {
  /** The bytes of a transmission, numbered 0, 1, ... */
  datagram(transmission: number): Uint8Array
  /**
   * Reads a datagram of this link. Returns the number of the transmission that it answers, or undefined if it answers
   * none. `header` is the RMCP+ header, undefined for an ASF message; `transmissions` is the number sent so far. Throws
   * MalformedError.
   */
  accept(datagram: Uint8Array, header: SessionHeader | undefined, transmissions: number): number | undefined
  end(end: ExchangeEnd): void
}

/** One conversation with a BMC, one exchange at a time. Only the dispatcher changes the fields. */
export class Link implements Due {
  readonly peer: Peer<Link>
  /** When the run under way began. */
  startedMs: number
  deadlineMs: number
  consoleSessionId = 0
  exchange: Exchange | undefined
  /** Ends the conversation: the client was closed, the caller gave it up, or the system cannot send to the BMC. */
  onFail: ((error: IpmiError) => void) | undefined
  /** Called at the deadline if no exchange is under way. */
  onDeadline: (() => void) | undefined
  /** Called when a pause ends at `nextMs`; a pause and an exchange exclude each other. */
  onPauseEnd: (() => void) | undefined

  /** Datagrams sent. */
  datagrams = 0
  /** Transmissions of the exchange, and when each was sent. */
  transmissions = 0
  sentMs: number[] = []
  /** Time of the next retransmission, or end of the wait or pause. Infinity: only the deadline is due. */
  nextMs = Number.POSITIVE_INFINITY
  /** Delay from which `nextMs` was computed, in milliseconds. */
  delayMs = 0
  /** Until when the last sent datagram counts as in flight; 0: none is in flight. */
  slotUntilMs = 0
  queued = false

  dueMs = 0
  place = -1

  constructor(peer: Peer<Link>, startedMs: number, deadlineMs: number) {
    this.peer = peer
    this.startedMs = startedMs
    this.deadlineMs = deadlineMs
  }

  /** The error of a run that had no answer until its deadline. */
  noAnswer(nowMs: number): IpmiError {
    return this.error('timeout', `no answer in ${((nowMs - this.startedMs) / 1000).toFixed(1)} s`, nowMs)
  }

  /** An IpmiError with address, time that the run has waited, and datagrams sent. */
  error(kind: IpmiErrorKind, what: string, nowMs: number, details: IpmiErrorDetails = {}): IpmiError {
    const waitedMs = Math.round(nowMs - this.startedMs)
    return new IpmiError(kind, this.peer.name, what, { waitedMs, datagrams: this.datagrams, ...details })
  }
}

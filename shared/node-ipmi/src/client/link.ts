import type { SessionHeader } from '../wire/session-header.ts'
import type { Due } from './due-queue.ts'
import { IpmiError, type IpmiErrorDetails, type IpmiErrorKind } from './ipmi-error.ts'
import type { Peer } from './peer.ts'

/** How an exchange ended: answered; no answer in its own wait (`silent`); in vain for long (`stalled`); or at the run's deadline. */
export type ExchangeEnd = 'answered' | 'silent' | 'stalled' | 'deadline'

/** The answer may be to any of several transmissions, so it says nothing about the round trip. */
export const ANY_TRANSMISSION = -1

/** One request that waits for its answer. */
export interface Exchange {
  /** Most transmissions; the exchange is silent after the last one's wait. Infinity: until the deadline. */
  readonly mostTransmissions: number
  /** Sent once and waited for so long, in milliseconds, instead of the usual time-outs. */
  readonly onceWaitMs?: number
  /** Whether many unanswered transmissions end it as `stalled`. */
  readonly mayStall: boolean
  /** The bytes of transmission 0, 1, ... */
  datagram(transmission: number): Uint8Array
  /**
   * Takes a datagram of this link. Returns the transmission it answers, or undefined for what is no answer to any. Throws MalformedError.
   * `header` is that of an RMCP+ packet, undefined for an ASF message; `transmissions` is how many there were.
   */
  accept(datagram: Uint8Array, header: SessionHeader | undefined, transmissions: number): number | undefined
  end(end: ExchangeEnd): void
}

/** One conversation with a BMC: one exchange at a time. The dispatcher moves it; the fields are the dispatcher's. */
export class Link implements Due {
  readonly peer: Peer
  /** Of the run under way. */
  startedMs: number
  deadlineMs: number
  consoleSessionId = 0
  exchange: Exchange | undefined
  /** Called at the deadline where no exchange is under way. */
  onDeadline: (() => void) | undefined
  /** A pause that ends at `nextMs`, in place of an exchange. */
  onPauseEnd: (() => void) | undefined

  /** Datagrams sent. */
  datagrams = 0
  /** Transmissions of the exchange, and when each was sent. */
  transmissions = 0
  sentMs: number[] = []
  /** When the exchange is to be looked at: retransmission, end of its wait or of the pause. Infinity: not before the deadline. */
  nextMs = Number.POSITIVE_INFINITY
  /** Delay that `nextMs` was computed from. */
  delayMs = 0
  /** Until when a sent datagram counts as in flight; 0: none does. */
  slotUntilMs = 0
  queued = false

  dueMs = 0
  place = -1

  constructor(peer: Peer, startedMs: number, deadlineMs: number) {
    this.peer = peer
    this.startedMs = startedMs
    this.deadlineMs = deadlineMs
  }

  /** The error of a run that had no answer until its deadline. */
  noAnswer(nowMs: number): IpmiError {
    return this.error('timeout', `no answer in ${((nowMs - this.startedMs) / 1000).toFixed(1)} s`, nowMs)
  }

  /** An error with what is known: address, time that the run has waited, datagrams sent. */
  error(kind: IpmiErrorKind, what: string, nowMs: number, details: IpmiErrorDetails = {}): IpmiError {
    const waitedMs = Math.round(nowMs - this.startedMs)
    return new IpmiError(kind, this.peer.name, what, { waitedMs, datagrams: this.datagrams, ...details })
  }
}

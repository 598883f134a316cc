import { type BmcSession, Waiting } from './bmc-session.ts'
import { FIRST_TIMEOUT_MS, retransmitDelayMs } from './retransmission.ts'
import { RoundTrip } from './round-trip.ts'

/** How often a first datagram is looked at again whose time-out neighbours may shorten, in milliseconds. */
export const LOOK_MS = 100

/** When a datagram counts as lost: by the round trip of its BMC, and before there is one by that of its neighbours. */
export class Timeouts {
  readonly #random: () => number
  readonly #neighbours = new RoundTrip()
  /** Send time of the answered transmission that was sent last. */
  #answeredSentMs = Number.NEGATIVE_INFINITY

  /** `random`: uniform in [0, 1), for jitter. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Takes the answer to a transmission of the session's exchange; a negative number: which one is not known. */
  answered(session: BmcSession, transmission: number, nowMs: number): void {
    const { peer } = session
    const isFirst = transmission === 0 || session.transmissions === 1
    const sentMs = isFirst ? session.firstSentMs : session.resentMs[transmission - 1]
    if (sentMs === undefined) peer.keepBackedOff(session.delayMs)
    else {
      peer.sample(nowMs - sentMs)
      this.#neighbours.sample(nowMs - sentMs)
      if (sentMs > this.#answeredSentMs) this.#answeredSentMs = sentMs
    }
    if (session.transmissions > 1) peer.isLossy = true
  }

  /** Milliseconds to wait for the answer to the next transmission. */
  delayMs({ transmissions, peer, waiting, request }: BmcSession): number {
    const pace = waiting === Waiting.answer && request?.changes ? 'changes' : peer.isLossy ? 'lossy' : 'usual'
    return retransmitDelayMs(transmissions, peer, this.#neighbours, this.#random(), pace)
  }

  /** The next transmission is the first to a BMC of which nothing is known, and neither is of its neighbours. */
  mayShorten({ transmissions, peer, onceWaitMs }: BmcSession): boolean {
    return transmissions === 0 && !peer.known && !this.#neighbours.known && !(onceWaitMs > 0)
  }

  /** The first time-out is not over, and neighbours that were heard meanwhile do not shorten it so far. */
  isLookDue({ transmissions, peer, firstSentMs, delayMs }: BmcSession, nowMs: number): boolean {
    const waitedMs = nowMs - firstSentMs
    if (transmissions !== 1 || peer.known || waitedMs >= delayMs) return false
    return !this.#neighbours.known || waitedMs < this.#neighbours.neighbourTimeoutMs
  }

  /**
   * Whether the answer is probably late, not lost: other datagrams are in flight, and no datagram sent later has been
   * answered. A busy network or process looks like this. The assumption ends FIRST_TIMEOUT_MS after the transmission.
   */
  isOnItsWay(sentMs: number, nowMs: number, inFlight: number): boolean {
    return inFlight > 1 && this.#answeredSentMs <= sentMs && nowMs - sentMs < FIRST_TIMEOUT_MS
  }
}

import { MalformedError } from '../codec/malformed-error.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import { RmcpClass, readRmcpClass } from '../wire/rmcp.ts'
import { PAYLOAD_OFFSET, readSessionHeader, readUint32, type SessionHeader } from '../wire/session-header.ts'
import { Admission } from './admission.ts'
import type { ClientCounters, DropReason } from './counters.ts'
import { DueQueue } from './due-queue.ts'
import { ANY_TRANSMISSION, type Exchange, type ExchangeEnd, type Link } from './link.ts'
import type { PeerTable } from './peer.ts'
import { FIRST_TIMEOUT_MS, retransmitDelayMs } from './retransmission.ts'
import { RoundTrip } from './round-trip.ts'
import { WakeTimer } from './wake-timer.ts'

/** Longest time for which an unanswered datagram counts as in flight, in milliseconds. */
const SLOT_MS = 250
/** An exchange with `mayStall` ends as `stalled` after this many unanswered transmissions over at least STALLED_MS. */
const STALLED_TRANSMISSIONS = 6
const STALLED_MS = 3000

export interface DispatcherOptions {
  readonly clock: Clock
  readonly counters: ClientCounters
  readonly peers: PeerTable<Link>
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number
  readonly send: (datagram: Uint8Array, link: Link) => void
}

/** Sends and retransmits requests and matches answers to them, for all links of a client with one timer. */
export class Dispatcher {
  /** Every conversation until nothing of it is left. */
  readonly links = new Set<Link>()
  /** Called when the last link is removed. */
  onIdle: (() => void) | undefined
  readonly #options: DispatcherOptions
  readonly #admission = new Admission()
  readonly #due = new DueQueue<Link>()
  readonly #byId = new Map<number, Link>()
  readonly #neighbours = new RoundTrip()
  readonly #timer: WakeTimer
  /** Send time of the answered transmission that was sent last. */
  #answeredSentMs = Number.NEGATIVE_INFINITY

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#timer = new WakeTimer(options.clock, () => this.#tick())
  }

  /** Most datagrams in flight. */
  set mostInFlight(cap: number) {
    this.#admission.cap = cap
    this.#admitWaiting()
  }

  nowMs(): number {
    return this.#options.clock.nowMs()
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#options.clock.after(delayMs, callback)
  }

  /** Gives the link a new console session ID, drawn from `id` until it is unused. The link's old ID becomes unknown. */
  identify(link: Link, id: () => number): void {
    let fresh = id()
    while (fresh === 0 || this.#byId.has(fresh)) fresh = id()
    this.#byId.delete(link.consoleSessionId)
    link.consoleSessionId = fresh
    this.#byId.set(fresh, link)
  }

  /** Makes the link receive datagrams of its BMC that carry no session ID. */
  add(link: Link): void {
    this.links.add(link)
    link.peer.links = [...link.peer.links, link]
  }

  /** Begins an exchange. Calls `exchange.end` once, after this method has returned. */
  begin(link: Link, exchange: Exchange): void {
    link.exchange = exchange
    link.onPauseEnd = undefined
    link.transmissions = 0
    link.sentMs.length = 0
    link.nextMs = Number.POSITIVE_INFINITY
    this.#transmit(link)
  }

  /** Sends a datagram that gets no answer. */
  tell(link: Link, datagram: Uint8Array): void {
    this.#send(link, datagram)
  }

  /** Calls `callback` after `delayMs`, unless the deadline comes first. */
  pause(link: Link, delayMs: number, callback: () => void): void {
    link.onPauseEnd = callback
    link.nextMs = this.nowMs() + delayMs
    this.#schedule(link)
  }

  /** Stops the exchange or pause; the link then waits only for its deadline. */
  rest(link: Link): void {
    this.#stop(link)
    this.#schedule(link)
  }

  /** Removes the link; none of its callbacks is called again. */
  remove(link: Link): void {
    this.#stop(link)
    link.onDeadline = undefined
    this.#due.remove(link)
    this.#byId.delete(link.consoleSessionId)
    link.peer.links = link.peer.links.filter((other) => other !== link)
    this.links.delete(link)
    if (this.links.size === 0) this.onIdle?.()
    if (this.#due.first === undefined) this.#timer.cancel()
  }

  readonly onDatagram = (datagram: Uint8Array, address: string, port: number): void => {
    this.#timer.heard()
    this.#options.counters.datagramsReceived++
    try {
      const reason = this.#route(datagram, address, port)
      if (reason !== undefined) this.#options.counters.dropped[reason]++
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.#options.counters.dropped[error.reason]++
    }
  }

  #route(datagram: Uint8Array, address: string, port: number): DropReason | undefined {
    const messageClass = readRmcpClass(datagram)
    if (messageClass === RmcpClass.Asf) return this.#offer(datagram, undefined, address, port)
    if (messageClass !== RmcpClass.Ipmi) return 'malformed'
    const header = readSessionHeader(datagram)
    // Open Session Response, RAKP 2 and RAKP 4 carry the console session ID in bytes 4..7; short refusals do not.
    const id =
      header.sessionId !== 0 || header.payloadLength < 8 ? header.sessionId : readUint32(datagram, PAYLOAD_OFFSET + 4)
    const link = this.#byId.get(id)
    if (link !== undefined) {
      if (link.peer.address !== address || link.peer.port !== port) return 'wrong-source'
      const transmission = link.exchange?.accept(datagram, header, link.transmissions)
      if (transmission === undefined) return 'unexpected'
      this.#answered(link, transmission)
      return undefined
    }
    return id === 0 ? this.#offer(datagram, header, address, port) : 'stranger'
  }

  /** Offers a datagram without a session ID to each link of that BMC until one accepts it. */
  #offer(datagram: Uint8Array, header: SessionHeader | undefined, address: string, port: number) {
    for (const link of this.#options.peers.find(address, port)?.links ?? []) {
      const transmission = link.exchange?.accept(datagram, header, link.transmissions)
      if (transmission === undefined) continue
      this.#answered(link, transmission)
      return undefined
    }
    return 'stranger'
  }

  #answered(link: Link, transmission: number): void {
    const nowMs = this.nowMs()
    const { roundTrip } = link.peer
    const sentMs = link.sentMs[transmission === ANY_TRANSMISSION && link.transmissions === 1 ? 0 : transmission]
    if (sentMs === undefined) roundTrip.keepBackedOff(link.delayMs)
    else {
      roundTrip.sample(nowMs - sentMs)
      this.#neighbours.sample(nowMs - sentMs)
      if (sentMs > this.#answeredSentMs) this.#answeredSentMs = sentMs
    }
    this.#end(link, 'answered')
  }

  #end(link: Link, end: ExchangeEnd): void {
    const { exchange } = link
    this.rest(link)
    exchange?.end(end)
    this.#admitWaiting()
  }

  #stop(link: Link): void {
    link.exchange = undefined
    link.onPauseEnd = undefined
    link.nextMs = Number.POSITIVE_INFINITY
    link.queued = false
    this.#admission.leave(link)
  }

  #transmit(link: Link): void {
    const { exchange, transmissions } = link
    if (exchange === undefined) return
    const nowMs = this.nowMs()
    const delayMs =
      exchange.onceWaitMs ??
      retransmitDelayMs(transmissions, link.peer.roundTrip, this.#neighbours, this.#options.random())
    if (!this.#admission.enter(link, nowMs + Math.min(delayMs, SLOT_MS))) {
      link.nextMs = Number.POSITIVE_INFINITY
      this.#schedule(link)
      return
    }
    link.delayMs = delayMs
    link.nextMs = nowMs + delayMs
    link.sentMs.push(nowMs)
    link.transmissions++
    if (transmissions > 0) this.#options.counters.retransmitted++
    this.#schedule(link)
    this.#send(link, exchange.datagram(transmissions))
  }

  #send(link: Link, datagram: Uint8Array): void {
    link.datagrams++
    this.#options.counters.datagramsSent++
    this.#options.send(datagram, link)
  }

  #admitWaiting(): void {
    for (let link = this.#admission.next(); link !== undefined; link = this.#admission.next()) this.#transmit(link)
  }

  #schedule(link: Link): void {
    const slotMs = link.slotUntilMs > 0 ? link.slotUntilMs : Number.POSITIVE_INFINITY
    const dueMs = Math.min(link.deadlineMs, link.nextMs, slotMs)
    if (dueMs !== link.dueMs || link.place < 0) this.#due.schedule(link, dueMs)
    this.#timer.bringForward(this.#due.first?.dueMs)
  }

  #tick(): void {
    const nowMs = this.nowMs()
    for (let link = this.#due.first; link !== undefined && link.dueMs <= nowMs; link = this.#due.first) {
      this.#wake(link, nowMs)
    }
    this.#admitWaiting()
    this.#timer.bringForward(this.#due.first?.dueMs)
  }

  #wake(link: Link, nowMs: number): void {
    if (link.slotUntilMs > 0 && nowMs >= link.slotUntilMs) this.#admission.leave(link)
    if (nowMs >= link.deadlineMs) this.#onDeadline(link)
    else if (nowMs >= link.nextMs) this.#onNext(link, nowMs)
    else this.#schedule(link)
  }

  #onDeadline(link: Link): void {
    const { exchange, onDeadline } = link
    link.deadlineMs = Number.POSITIVE_INFINITY
    if (exchange !== undefined) {
      this.#end(link, 'deadline')
      return
    }
    this.rest(link)
    onDeadline?.()
  }

  #onNext(link: Link, nowMs: number): void {
    const { exchange, onPauseEnd } = link
    if (exchange === undefined) {
      this.rest(link)
      onPauseEnd?.()
      return
    }
    const [firstMs = nowMs] = link.sentMs
    const lastMs = link.sentMs[link.sentMs.length - 1] ?? nowMs
    if (
      exchange.onceWaitMs !== undefined ||
      link.transmissions >= (exchange.mostTransmissions ?? Number.POSITIVE_INFINITY)
    ) {
      this.#end(link, 'silent')
    } else if (exchange.mayStall && link.transmissions >= STALLED_TRANSMISSIONS && nowMs - firstMs >= STALLED_MS) {
      this.#end(link, 'stalled')
    } else if (this.#mayBeOnItsWay(lastMs, nowMs)) {
      link.nextMs = nowMs + link.delayMs
      this.#schedule(link)
    } else this.#transmit(link)
  }

  /**
   * Whether the answer is probably late, not lost: other datagrams are in flight, and no datagram sent later has been
   * answered. A busy network or process looks like this. The assumption ends FIRST_TIMEOUT_MS after the transmission.
   */
  #mayBeOnItsWay(sentMs: number, nowMs: number): boolean {
    return this.#admission.inFlight > 1 && this.#answeredSentMs <= sentMs && nowMs - sentMs < FIRST_TIMEOUT_MS
  }
}

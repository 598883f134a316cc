import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32 } from '../codec/uint32.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import { RmcpClass, readRmcpClass } from '../wire/rmcp.ts'
import { AUTHENTICATION_TYPE_RMCP_PLUS, PAYLOAD_OFFSET } from '../wire/session-header.ts'
import { Admission } from './admission.ts'
import { type BmcSession, Waiting, type WaitingFor } from './bmc-session.ts'
import type { ClientCounters, DropReason } from './counters.ts'
import { DueQueue } from './due-queue.ts'
import type { PeerTable } from './peer.ts'
import { type ExchangeEnd, type Protocol, Read } from './protocol.ts'
import { LOOK_MS, Timeouts } from './timeouts.ts'
import { WakeTimer } from './wake-timer.ts'

/**
 * Longest time for which an unanswered datagram counts as in flight, in milliseconds. A BMC that is slower than this has its
 * answer under way while others are asked.
 */
const SLOT_MS = 25

export interface DispatcherOptions {
  readonly clock: Clock
  readonly counters: ClientCounters
  readonly peers: PeerTable<BmcSession>
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number
  readonly send: (datagram: Uint8Array, session: BmcSession) => void
}

/** Sends and retransmits requests and matches answers to them, for all conversations of a client with one timer. */
export class Dispatcher {
  /** Every conversation until nothing of it is left. */
  readonly sessions = new Set<BmcSession>()
  /** Set once, before the first datagram. */
  protocol: Protocol | undefined
  /** Called when the last conversation is removed. */
  onIdle: (() => void) | undefined
  readonly #options: DispatcherOptions
  readonly #admission = new Admission()
  readonly #due = new DueQueue<BmcSession>()
  readonly #byId = new Map<number, BmcSession>()
  readonly #timeouts: Timeouts
  readonly #timer: WakeTimer

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#timeouts = new Timeouts(options.random)
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

  /** Gives the session a new console session ID, drawn from `id` until it is unused. The old ID becomes unknown. */
  identify(session: BmcSession, id: () => number): void {
    let fresh = id()
    while (fresh === 0 || this.#byId.has(fresh)) fresh = id()
    if (session.consoleSessionId !== 0) this.#byId.delete(session.consoleSessionId)
    session.consoleSessionId = fresh
    this.#byId.set(fresh, session)
  }

  /** Makes the session receive datagrams of its BMC that carry no session ID. */
  add(session: BmcSession): void {
    this.sessions.add(session)
    session.peer.add(session)
  }

  /** Begins an exchange: `session.waiting` says which. `onceWaitMs`: it is sent once, and waited for so long. */
  begin(session: BmcSession, waiting: WaitingFor, onceWaitMs = 0, mostTransmissions = Number.POSITIVE_INFINITY): void {
    session.waiting = waiting
    session.onceWaitMs = onceWaitMs
    session.mostTransmissions = mostTransmissions
    session.transmissions = 0
    session.resentMs.length = 0
    session.nextMs = Number.POSITIVE_INFINITY
    this.#transmit(session)
  }

  /** Sends a datagram, of the exchange or beside it. */
  tell(session: BmcSession, datagram: Uint8Array): void {
    session.datagrams++
    this.#options.counters.datagramsSent++
    this.#options.send(datagram, session)
  }

  /** Calls `Protocol.ended` with `silent` after `delayMs`, unless the deadline comes first. */
  pause(session: BmcSession, delayMs: number): void {
    this.#stop(session)
    session.waiting = Waiting.pause
    session.nextMs = this.nowMs() + delayMs
    this.#schedule(session)
  }

  /** Sets the session's deadline, on the client's clock; before an exchange it is enough to set `session.deadlineMs`. */
  limit(session: BmcSession, deadlineMs: number): void {
    session.deadlineMs = deadlineMs
    this.#schedule(session)
  }

  /** Stops the exchange or pause; the session then waits only for its deadline. */
  rest(session: BmcSession): void {
    this.#stop(session)
    this.#schedule(session)
  }

  /** Removes the session; nothing is called for it again. */
  remove(session: BmcSession): void {
    if (session.isGone) return
    session.isGone = true
    this.sessions.delete(session)
    this.#stop(session)
    this.#due.remove(session)
    this.#byId.delete(session.consoleSessionId)
    session.peer.remove(session)
    if (this.sessions.size === 0) this.onIdle?.()
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
    if (messageClass === RmcpClass.Asf) return this.#offer(datagram, address, port)
    if (messageClass !== RmcpClass.Ipmi) return 'malformed'
    if (datagram.length > 4 && datagram[4] !== AUTHENTICATION_TYPE_RMCP_PLUS) {
      return this.#offer(datagram, address, port)
    }
    if (datagram.length < PAYLOAD_OFFSET) return 'malformed'
    let id = readUint32(datagram, 6)
    // Open Session Response, RAKP 2 and RAKP 4 carry the console session ID in bytes 4..7; short refusals do not.
    if (id === 0 && datagram.length >= PAYLOAD_OFFSET + 8) id = readUint32(datagram, PAYLOAD_OFFSET + 4)
    const session = this.#byId.get(id)
    if (session === undefined)
      return id === 0 || datagram.length < PAYLOAD_OFFSET + 8 ? this.#offer(datagram, address, port) : 'stranger'
    if (session.peer.address !== address || session.peer.port !== port) {
      session.otherSource = address === session.peer.address ? `port ${port}` : address
      return 'wrong-source'
    }
    const read = this.#protocol.read(session, datagram)
    if (read === Read.unexpected) return 'unexpected'
    this.#taken(session, read)
    return undefined
  }

  get #protocol(): Protocol {
    if (this.protocol === undefined) throw new Error('a dispatcher without a protocol')
    return this.protocol
  }

  /** Offers a datagram without a session ID to each conversation with that BMC until one takes it. */
  #offer(datagram: Uint8Array, address: string, port: number): DropReason | undefined {
    for (const session of this.#options.peers.find(address, port)?.sessions ?? []) {
      const read = this.#protocol.read(session, datagram)
      if (read === Read.unexpected) continue
      this.#taken(session, read)
      return undefined
    }
    return 'stranger'
  }

  #taken(session: BmcSession, read: number): void {
    if (read === Read.noted) return
    if (read !== Read.other) this.#timeouts.answered(session, read, this.nowMs())
    this.#end(session, 'answered')
  }

  #end(session: BmcSession, end: ExchangeEnd): void {
    const was = session.waiting
    this.#stop(session)
    this.#protocol.ended(session, end, was)
    this.#schedule(session)
    this.#admitWaiting()
  }

  #stop(session: BmcSession): void {
    session.waiting = Waiting.nothing
    session.nextMs = Number.POSITIVE_INFINITY
    session.queued = false
    this.#admission.leave(session)
  }

  #transmit(session: BmcSession): void {
    const nowMs = this.nowMs()
    const { transmissions, onceWaitMs } = session
    const delayMs = onceWaitMs > 0 ? onceWaitMs : this.#timeouts.delayMs(session)
    if (!this.#admission.enter(session, nowMs + Math.min(delayMs, SLOT_MS))) {
      session.nextMs = Number.POSITIVE_INFINITY
      this.#schedule(session)
      return
    }
    session.delayMs = delayMs
    session.nextMs = nowMs + (this.#timeouts.mayShorten(session) ? Math.min(delayMs, LOOK_MS) : delayMs)
    session.lastSentMs = nowMs
    if (transmissions === 0) session.firstSentMs = nowMs
    else {
      session.resentMs.push(nowMs)
      this.#options.counters.retransmitted++
    }
    session.transmissions++
    this.#schedule(session)
    this.tell(session, this.#protocol.datagram(session, transmissions))
  }

  #admitWaiting(): void {
    if (!this.#admission.hasWaiting) return
    for (let session = this.#admission.next(); session !== undefined; session = this.#admission.next()) {
      this.#transmit(session)
    }
  }

  /** Only brings an entry of the queue forward: an entry that comes up too early is put back then. */
  #schedule(session: BmcSession): void {
    const { deadlineMs, nextMs, slotUntilMs } = session
    let dueMs = nextMs < deadlineMs ? nextMs : deadlineMs
    if (slotUntilMs > 0 && slotUntilMs < dueMs) dueMs = slotUntilMs
    const isKnown = session.place >= 0 ? dueMs >= session.dueMs : dueMs === Number.POSITIVE_INFINITY
    if (isKnown || session.isGone) return
    this.#due.schedule(session, dueMs)
    this.#timer.bringForward(dueMs)
  }

  #tick(): void {
    const nowMs = this.nowMs()
    for (let session = this.#due.first; session !== undefined && session.dueMs <= nowMs; session = this.#due.first) {
      this.#due.remove(session)
      this.#wake(session, nowMs)
      this.#schedule(session)
    }
    this.#admitWaiting()
    this.#timer.bringForward(this.#due.first?.dueMs)
  }

  #wake(session: BmcSession, nowMs: number): void {
    if (session.slotUntilMs > 0 && nowMs >= session.slotUntilMs) this.#admission.leave(session)
    if (nowMs >= session.deadlineMs) {
      session.deadlineMs = Number.POSITIVE_INFINITY
      this.#end(session, 'deadline')
    } else if (nowMs >= session.nextMs) this.#onNext(session, nowMs)
  }

  #onNext(session: BmcSession, nowMs: number): void {
    if (session.waiting === Waiting.pause || session.onceWaitMs > 0) this.#end(session, 'silent')
    else if (session.transmissions >= session.mostTransmissions) this.#end(session, 'silent')
    else if (this.#timeouts.isLookDue(session, nowMs)) session.nextMs = nowMs + LOOK_MS
    else if (this.#timeouts.isOnItsWay(session.lastSentMs, nowMs, this.#admission.inFlight)) {
      session.nextMs = nowMs + session.delayMs
    } else if (this.#protocol.isStalled(session, nowMs)) this.#end(session, 'stalled')
    else this.#transmit(session)
  }
}

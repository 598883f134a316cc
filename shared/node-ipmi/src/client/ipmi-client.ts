import { type Clock, systemClock } from '../transport/clock.ts'
import { fractionsOf, pooledRandom } from '../transport/pooled-random.ts'
import { type LiteralAddress, type ResolveHost, resolveHost } from '../transport/resolve-host.ts'
import type { Transport } from '../transport/transport.ts'
import { udpTransport } from '../transport/udp-transport.ts'
import { AbortWatch } from './abort-watch.ts'
import { BmcSession } from './bmc-session.ts'
import { Conversations } from './conversations.ts'
import { type ClientCounters, newCounters } from './counters.ts'
import { Dispatcher } from './dispatcher.ts'
import { type Addresses, type ConnectionHost, IpmiConnection, type RunLimits } from './ipmi-connection.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import { KnownAddresses } from './known-addresses.ts'
import { literalAddress } from './literal-address.ts'
import { PeerTable } from './peer.ts'
import { Sockets } from './sockets.ts'
import { DEFAULT_PORT, type Login, Logins, type Target } from './target.ts'

export interface IpmiClientOptions {
  /** Most datagrams in flight, 1 or more; default: as many answers as the receive buffer holds, 128 at most. */
  readonly maxInFlight?: number
  /** Milliseconds for one run, from its call to its result; default 20 000. */
  readonly timeoutMs?: number
  readonly transport?: Transport
  readonly clock?: Clock
  /** Fresh random bytes: session IDs, nonces and initialisation vectors come from here. */
  readonly random?: (length: number) => Uint8Array
  /** Finds the addresses of a host name; default: the system's resolver. Literals are not asked for. */
  readonly resolveHost?: ResolveHost
}

const DEFAULT_TIMEOUT_MS = 20_000
/** Longest wait of `close` for the answers to Close Session, in milliseconds. */
const CLOSE_WAIT_MS = 250

/** The answer to a presence ping. */
export interface Pong {
  /** Whether the BMC says that it supports IPMI. §13.2.4. */
  readonly ipmi: boolean
}

/** A ping needs no login. */
const nobody: Login = {
  username: new Uint8Array(0),
  password: new Uint8Array(0),
  kg: undefined,
  cipherSuite: undefined,
  privilege: 0,
}

/** Errors of the system that say a datagram cannot leave for that address; others (no buffer space) count as lost datagrams. */
const noRoute: ReadonlySet<unknown> = new Set([
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EACCES',
  'EPERM',
  'EINVAL',
  'EADDRNOTAVAIL',
])

/** Speaks to any number of BMCs over one socket for each address family. */
export class IpmiClient {
  readonly counters: ClientCounters = newCounters()
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #random: (length: number) => Uint8Array
  readonly #resolveHost: ResolveHost
  readonly #known = new KnownAddresses()
  readonly #peers = new PeerTable<BmcSession>()
  readonly #dispatcher: Dispatcher
  readonly #sockets: Sockets
  readonly #host: ConnectionHost
  #closed = false
  #closing: Promise<void> | undefined

  constructor(options: IpmiClientOptions = {}) {
    const { maxInFlight, timeoutMs = DEFAULT_TIMEOUT_MS, transport = udpTransport, clock = systemClock } = options
    if (maxInFlight !== undefined && (!Number.isInteger(maxInFlight) || maxInFlight < 1)) {
      throw new RangeError('maxInFlight: an integer of 1 or more')
    }
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#random = options.random ?? pooledRandom()
    this.#resolveHost = options.resolveHost ?? resolveHost
    const dispatcher = new Dispatcher({
      clock,
      counters: this.counters,
      peers: this.#peers,
      random: fractionsOf(this.#random),
      send: (datagram, { peer, datagrams, transmissions }) =>
        // The system refuses the first datagram already, or one that is sent again.
        this.#sockets.send(datagram, peer.family, peer.address, peer.port, datagrams > 1 && transmissions <= 1),
    })
    this.#dispatcher = dispatcher
    const logins = new Logins()
    this.#sockets = new Sockets({
      transport,
      maxInFlight,
      handlers: {
        onDatagram: dispatcher.onDatagram,
        onSendError: (cause, address, port) => this.#sendError(cause, address, port),
      },
      onCap: (cap) => {
        dispatcher.mostInFlight = cap
      },
    })
    this.#host = {
      dispatcher,
      timeoutMs,
      conversations: new Conversations(dispatcher, this.counters, this.#random),
      aborts: new AbortWatch(),
      login: (target) => logins.of(target),
      sessionNow: ({ address, port = DEFAULT_PORT }, login, startedMs) => {
        const literal = literalAddress(address)
        if (literal === undefined || this.#closed || !this.#sockets.isOpen(literal.family)) return undefined
        return new BmcSession(this.#peers.use(literal.address, port, literal.family), login, startedMs)
      },
      addresses: ({ address, port = DEFAULT_PORT }, limits) => this.#addresses(address, port, limits),
      session: (literal, { port = DEFAULT_PORT }, login, limits, startedMs) =>
        this.#session(literal, port, login, limits, startedMs),
      heard: ({ address }, literal) => this.#known.note(address, literal),
    }
  }

  /** A BMC whose session is kept until `IpmiConnection.close`. Sends nothing yet. Throws IpmiError `invalid`. */
  open(target: Target): IpmiConnection {
    return new IpmiConnection(this.#host, target)
  }

  /**
   * Opens a session with a BMC, does the work, closes the session. The result is given as soon as the work has it: Close Session is
   * then sent, and its answer waited for in the background (`close` waits for it too). Limits and errors are those of IpmiConnection.run.
   */
  run<T>(target: Target, work: (session: IpmiSession) => Promise<T>, limits: RunLimits = {}): Promise<T> {
    try {
      return new IpmiConnection(this.#host, target, true).run(work, limits)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Asks whether anything speaks RMCP there, without a login. Rejects with IpmiError `timeout`, `unreachable`, `aborted`, `closed`. §13.2.3. */
  async ping(address: string, port: number = DEFAULT_PORT, limits: RunLimits = {}): Promise<Pong> {
    const startedMs = this.#clock.nowMs()
    const { signal, timeoutMs = this.#timeoutMs } = limits
    const [literal] = await this.#addresses(address, port, limits)
    const session = await this.#session(literal, port, nobody, limits, startedMs)
    const { aborts, conversations } = this.#host
    this.#dispatcher.add(session)
    this.#dispatcher.limit(session, startedMs + timeoutMs)
    const abortable = { onAbort: () => session.connection?.onFail(this.#abortedError(session, signal)) }
    if (signal !== undefined) aborts.add(signal, abortable)
    try {
      return await new Promise((resolve, reject) => {
        session.connection = { onFail: reject }
        conversations.ping(session, { opened: () => resolve({ ipmi: session.ipmi }), fail: reject })
      })
    } finally {
      if (signal !== undefined) aborts.remove(signal, abortable)
      this.#dispatcher.remove(session)
    }
  }

  /** Gives up what is under way (`closed`), waits for sessions to close (250 ms at most), and closes the sockets. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#closed = true
    const { sessions } = this.#dispatcher
    for (const session of sessions) session.connection?.onFail(this.#closedError(session))
    const latestMs = this.#clock.nowMs() + CLOSE_WAIT_MS
    for (const session of sessions) this.#dispatcher.limit(session, Math.min(session.deadlineMs, latestMs))
    if (sessions.size > 0) {
      await new Promise<void>((resolve) => {
        this.#dispatcher.onIdle = resolve
      })
    }
    await this.#sockets.close()
  }

  async #session(
    literal: LiteralAddress,
    port: number,
    login: Login,
    { signal }: RunLimits,
    startedMs: number,
  ): Promise<BmcSession> {
    const session = new BmcSession(this.#peers.use(literal.address, port, literal.family), login, startedMs)
    if (!this.#closed && !this.#sockets.isOpen(literal.family)) await this.#sockets.open(literal.family)
    if (this.#closed) throw this.#closedError(session)
    if (signal?.aborted) throw this.#abortedError(session, signal)
    return session
  }

  /** Each once, that which answered last first. */
  async #addresses(
    address: string,
    port: number,
    { signal, timeoutMs = this.#timeoutMs }: RunLimits,
  ): Promise<Addresses> {
    const literal = literalAddress(address)
    if (literal !== undefined) return [literal]
    const found = await this.#resolve(address, port, timeoutMs, signal)
    const [first, ...others] = this.#known.sorted(address, 'address' in found ? [found] : found)
    if (first !== undefined) return [first, ...others]
    throw new IpmiError('unreachable', `${address}:${port}`, 'the name has no address')
  }

  /** The resolver's answer, or its error as `unreachable`; `timeout` and `aborted` while it has none. */
  #resolve(host: string, port: number, timeoutMs: number, signal?: AbortSignal): ReturnType<ResolveHost> {
    const name = `${host}:${port}`
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(new IpmiError('timeout', name, 'the name was not resolved in time', { waitedMs: timeoutMs }))
      const onAbort = () => reject(new IpmiError('aborted', name, 'given up by the caller', { cause: signal?.reason }))
      const abortable = { onAbort }
      const timer = this.#clock.after(timeoutMs, late)
      if (signal !== undefined) this.#host.aborts.add(signal, abortable)
      this.#resolveHost(host)
        .then(resolve, (cause) => reject(new IpmiError('unreachable', name, 'the name has no address', { cause })))
        .finally(() => {
          timer.cancel()
          if (signal !== undefined) this.#host.aborts.remove(signal, abortable)
        })
    })
  }

  #sendError(cause: Error & { code?: string }, address: string, port: number): void {
    if (!noRoute.has(cause.code)) return
    const what = `the system cannot send there (${cause.code})`
    for (const session of this.#peers.find(address, port)?.sessions ?? []) {
      session.connection?.onFail(session.error('unreachable', what, this.#clock.nowMs(), { cause }))
    }
  }

  #closedError(session: BmcSession): IpmiError {
    return session.error('closed', 'the client is closed', this.#clock.nowMs())
  }

  #abortedError(session: BmcSession, signal: AbortSignal | undefined): IpmiError {
    return session.error('aborted', 'given up by the caller', this.#clock.nowMs(), { cause: signal?.reason })
  }
}

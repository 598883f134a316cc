import { type Clock, systemClock } from '../transport/clock.ts'
import { type LiteralAddress, type ResolveHost, resolveHost } from '../transport/resolve-host.ts'
import type { Transport } from '../transport/transport.ts'
import { udpTransport } from '../transport/udp-transport.ts'
import { type ClientCounters, newCounters } from './counters.ts'
import { Dispatcher } from './dispatcher.ts'
import { type ConnectionHost, IpmiConnection, type RunLimits } from './ipmi-connection.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import { Link } from './link.ts'
import { literalAddress } from './literal-address.ts'
import { PeerTable } from './peer.ts'
import { type Pong, pingExchange } from './ping-exchange.ts'
import { pooledRandom } from './pooled-random.ts'
import { Sockets } from './sockets.ts'
import { DEFAULT_PORT, type Target } from './target.ts'

export interface IpmiClientOptions {
  /** Most datagrams in flight, 1 or more; default: as many answers as the receive buffer holds, 2048 at most. */
  readonly maxInFlight?: number
  /** Milliseconds for one run, from its call to its result; default 20 000. */
  readonly timeoutMs?: number
  readonly transport?: Transport
  readonly clock?: Clock
  /** Fresh random bytes: session IDs, nonces and initialisation vectors come from here. */
  readonly random?: (length: number) => Uint8Array
  /** Finds the address of a host name; default: the system's resolver. Literals are not asked for. */
  readonly resolveHost?: ResolveHost
}

const DEFAULT_TIMEOUT_MS = 20_000

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
  readonly #peers = new PeerTable<Link>()
  readonly #dispatcher: Dispatcher
  readonly #sockets: Sockets
  readonly #host: ConnectionHost
  #closed = false

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
      random: () => (this.#random(1)[0] ?? 0) / 256,
      send: (datagram, { peer }) => this.#sockets.send(datagram, peer.family, peer.address, peer.port),
    })
    this.#dispatcher = dispatcher
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
      counters: this.counters,
      random: this.#random,
      timeoutMs,
      link: ({ address, port = DEFAULT_PORT }, limits) => this.#link(address, port, limits),
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
  async run<T>(target: Target, work: (session: IpmiSession) => Promise<T>, limits: RunLimits = {}): Promise<T> {
    const connection = this.open(target)
    try {
      return await connection.run(work, limits)
    } finally {
      connection.close()
    }
  }

  /** Asks whether anything speaks RMCP there, without a login. Rejects with IpmiError `timeout`, `unreachable`, `aborted`, `closed`. §13.2.3. */
  async ping(address: string, port: number = DEFAULT_PORT, limits: RunLimits = {}): Promise<Pong> {
    const link = await this.#link(address, port, limits)
    const { signal } = limits
    const onAbort = () => link.onFail?.(this.#abortedError(link, signal))
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#dispatcher.add(link)
    try {
      return await new Promise((resolve, reject) => {
        link.onFail = reject
        const exchange = pingExchange((_end, pong) => {
          if (pong === undefined) reject(link.error('timeout', 'no pong', this.#clock.nowMs()))
          else resolve(pong)
        })
        this.#dispatcher.begin(link, exchange)
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#dispatcher.remove(link)
    }
  }

  /** Gives up what is under way (`closed`), waits for sessions to close (2 s at most), and closes the sockets. */
  async close(): Promise<void> {
    this.#closed = true
    const { links } = this.#dispatcher
    for (const link of links) link.onFail?.(this.#closedError(link))
    if (links.size > 0) {
      await new Promise<void>((resolve) => {
        this.#dispatcher.onIdle = resolve
      })
    }
    await this.#sockets.close()
  }

  async #link(address: string, port: number, { signal, timeoutMs = this.#timeoutMs }: RunLimits): Promise<Link> {
    const startedMs = this.#clock.nowMs()
    const literal = literalAddress(address) ?? (await this.#resolve(address, port, timeoutMs, signal))
    const link = new Link(this.#peers.use(literal.address, port, literal.family), startedMs, startedMs + timeoutMs)
    if (!this.#closed && !this.#sockets.isOpen(literal.family)) await this.#sockets.open(literal.family)
    if (this.#closed) throw this.#closedError(link)
    if (signal?.aborted) throw this.#abortedError(link, signal)
    return link
  }

  /** The resolver's answer, or its error as `unreachable`; `timeout` and `aborted` while it has none. */
  #resolve(host: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<LiteralAddress> {
    const name = `${host}:${port}`
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(new IpmiError('timeout', name, 'the name was not resolved in time', { waitedMs: timeoutMs }))
      const onAbort = () => reject(new IpmiError('aborted', name, 'given up by the caller', { cause: signal?.reason }))
      const timer = this.#clock.after(timeoutMs, late)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#resolveHost(host)
        .then(resolve, (cause) => reject(new IpmiError('unreachable', name, 'the name has no address', { cause })))
        .finally(() => {
          timer.cancel()
          signal?.removeEventListener('abort', onAbort)
        })
    })
  }

  #sendError(cause: Error & { code?: string }, address: string, port: number): void {
    if (!noRoute.has(cause.code)) return
    const what = `the system cannot send there (${cause.code})`
    for (const link of this.#peers.find(address, port)?.links ?? []) {
      link.onFail?.(link.error('unreachable', what, this.#clock.nowMs(), { cause }))
    }
  }

  #closedError(link: Link): IpmiError {
    return link.error('closed', 'the client is closed', this.#clock.nowMs())
  }

  #abortedError(link: Link, signal: AbortSignal | undefined): IpmiError {
    return link.error('aborted', 'given up by the caller', this.#clock.nowMs(), { cause: signal?.reason })
  }
}

import type { SocketHandlers, Transport, TransportSocket } from '../transport/transport.ts'

/** What Linux takes from the receive buffer for one small datagram, in bytes: measured 256 answers in 212992. */
const BYTES_PER_ANSWER = 832
const WANTED_BUFFER_BYTES = 4 * 1024 * 1024
/** A burst to more BMCs at once gains nothing. */
const MOST_IN_FLIGHT = 2048

export interface SocketsOptions {
  readonly transport: Transport
  /** In place of what the receive buffer holds. */
  readonly maxInFlight: number | undefined
  readonly handlers: SocketHandlers
  /** Called when a socket opens, with the most datagrams that may be in flight. */
  readonly onCap: (cap: number) => void
}

/** The sockets of a client: one for IPv4 and one for IPv6, each opened when it is first needed. */
export class Sockets {
  readonly #options: SocketsOptions
  readonly #opening = new Map<4 | 6, Promise<TransportSocket>>()
  readonly #open = new Map<4 | 6, TransportSocket>()

  constructor(options: SocketsOptions) {
    this.#options = options
  }

  isOpen(family: 4 | 6): boolean {
    return this.#open.has(family)
  }

  /** Rejects with the system's error; the next call tries again. */
  async open(family: 4 | 6): Promise<void> {
    const opening = this.#opening.get(family) ?? this.#bind(family)
    this.#opening.set(family, opening)
    try {
      await opening
    } catch (error) {
      this.#opening.delete(family)
      throw error
    }
  }

  async #bind(family: 4 | 6): Promise<TransportSocket> {
    const { transport, handlers, maxInFlight, onCap } = this.#options
    const socket = await transport.open({ family, receiveBufferBytes: WANTED_BUFFER_BYTES }, handlers)
    this.#open.set(family, socket)
    const room = Math.floor(socket.receiveBufferBytes / BYTES_PER_ANSWER)
    onCap(maxInFlight ?? Math.max(1, Math.min(MOST_IN_FLIGHT, room)))
    return socket
  }

  send(datagram: Uint8Array, family: 4 | 6, address: string, port: number): void {
    this.#open.get(family)?.send(datagram, address, port)
  }

  async close(): Promise<void> {
    const sockets = await Promise.allSettled(this.#opening.values())
    this.#opening.clear()
    this.#open.clear()
    await Promise.all(sockets.map((opened) => (opened.status === 'fulfilled' ? opened.value.close() : undefined)))
  }
}

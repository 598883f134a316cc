import type { SocketHandlers, Transport, TransportSocket } from '../transport/transport.ts'

/** Bytes of receive buffer that Linux uses for one small datagram: measured 256 answers in 212,992 bytes. */
const BYTES_PER_ANSWER = 832
const WANTED_BUFFER_BYTES = 4 * 1024 * 1024
/** Most datagrams in flight. A larger burst is not faster, and its round trips hide which datagrams were lost. */
const MOST_IN_FLIGHT = 128

export interface SocketsOptions {
  readonly transport: Transport
  /** Most datagrams in flight; undefined: as many as the receive buffer holds, up to 128. */
  readonly maxInFlight: number | undefined
  readonly handlers: SocketHandlers
  /** Called with the most datagrams in flight when a socket has opened. */
  readonly onCap: (cap: number) => void
}

/** The sockets of a client: one for IPv4 and one for IPv6, each opened at its first use. */
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

  /** Opens the socket of a family unless it is open. Rejects with the system's error; the next call tries again. */
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

  send(datagram: Uint8Array, family: 4 | 6, address: string, port: number, isUnwatched: boolean): void {
    this.#open.get(family)?.send(datagram, address, port, isUnwatched)
  }

  async close(): Promise<void> {
    const sockets = await Promise.allSettled(this.#opening.values())
    this.#opening.clear()
    this.#open.clear()
    await Promise.all(sockets.map((opened) => (opened.status === 'fulfilled' ? opened.value.close() : undefined)))
  }
}

import { type Clock, systemClock } from './clock.ts'
import type { SocketHandlers, SocketOptions, Transport, TransportSocket } from './transport.ts'

export interface MemoryPacket {
  readonly datagram: Uint8Array
  readonly fromAddress: string
  readonly fromPort: number
  readonly toAddress: string
  readonly toPort: number
}

/** What happens to datagrams on their way; may be changed while the network runs. */
export interface MemoryFaults {
  /** Share of datagrams that never arrive, 0..1, each way. */
  lossRate?: number
  /** Share of datagrams that arrive twice, 0..1. */
  duplicateRate?: number
  /** One way, in milliseconds. */
  delayMs?: number
  /** Up to so many milliseconds more, each datagram by itself: they overtake each other. */
  jitterMs?: number
  /** Sees each datagram as it is sent; what it returns is delivered instead (none, one, or several). */
  alter?: (packet: MemoryPacket) => readonly MemoryPacket[]
}

export interface MemoryNetworkOptions extends MemoryFaults {
  readonly clock?: Clock
  /** In [0, 1), for loss, repeats and jitter. */
  readonly random?: () => number
}

const FIRST_FREE_PORT = 49152
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** Datagrams between sockets of one process. To an address and port where nobody listens they vanish, as on a real network. */
export class MemoryNetwork implements Transport {
  readonly faults: MemoryFaults
  readonly #clock: Clock
  readonly #random: () => number
  readonly #sockets = new Map<string, SocketHandlers>()
  #freePort = FIRST_FREE_PORT

  constructor({ clock = systemClock, random = Math.random, ...faults }: MemoryNetworkOptions = {}) {
    this.faults = faults
    this.#clock = clock
    this.#random = random
  }

  async open(options: SocketOptions, handlers: SocketHandlers): Promise<TransportSocket> {
    const address = options.address ?? (options.family === 4 ? '127.0.0.1' : '::1')
    const port = options.port || this.#freePort++
    const key = `${address} ${port}`
    if (this.#sockets.has(key)) throw Object.assign(new Error(`${key} is in use`), { code: 'EADDRINUSE' })
    this.#sockets.set(key, handlers)
    return {
      address,
      port,
      receiveBufferBytes: options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES,
      send: (datagram, toAddress, toPort) =>
        this.send({ datagram, fromAddress: address, fromPort: port, toAddress, toPort }),
      close: async () => {
        this.#sockets.delete(key)
      },
    }
  }

  /** Sends as if from any address and port: for forged datagrams. */
  send(packet: MemoryPacket): void {
    for (const altered of this.faults.alter?.(packet) ?? [packet]) {
      this.#carry(altered)
      if (this.#random() < (this.faults.duplicateRate ?? 0)) this.#carry(altered)
    }
  }

  #carry({ datagram, fromAddress, fromPort, toAddress, toPort }: MemoryPacket): void {
    const { lossRate = 0, delayMs = 0, jitterMs = 0 } = this.faults
    if (this.#random() < lossRate) return
    const copy = new Uint8Array(datagram)
    this.#clock.after(delayMs + this.#random() * jitterMs, () => {
      this.#sockets.get(`${toAddress} ${toPort}`)?.onDatagram(copy, fromAddress, fromPort)
    })
  }
}

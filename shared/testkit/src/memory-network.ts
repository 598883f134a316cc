import type { VirtualClock } from './virtual-clock.ts'

interface SocketOptions {
  readonly family: 4 | 6
  readonly address?: string
  readonly port?: number
  readonly receiveBufferBytes?: number
}

interface SocketHandlers {
  onDatagram(datagram: Uint8Array, address: string, port: number): void
}

export interface MemoryPacket {
  readonly datagram: Uint8Array
  readonly fromAddress: string
  readonly fromPort: number
  readonly toAddress: string
  readonly toPort: number
}

/** Faults of the network. The caller may change them while the network runs. */
export interface MemoryFaults {
  /** Share of datagrams lost, 0..1, in each direction. */
  lossRate?: number
  /** Share of datagrams that arrive twice, 0..1. */
  duplicateRate?: number
  /** One-way delay in milliseconds. */
  delayMs?: number
  /** Additional random delay of each datagram, up to this many milliseconds; datagrams then overtake each other. */
  jitterMs?: number
  /** Called for each datagram sent; the network delivers the datagrams that it returns instead. */
  alter?: (packet: MemoryPacket) => readonly MemoryPacket[]
}

export interface MemoryNetworkOptions extends MemoryFaults {
  readonly clock: VirtualClock
  /** Uniform in [0, 1), for loss, repeats and jitter. */
  readonly random?: () => number
}

const FIRST_FREE_PORT = 49152
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** A Transport of node-ipmi that carries datagrams between sockets of one process. A datagram to an address and port without a socket is lost. */
export class MemoryNetwork {
  readonly faults: MemoryFaults
  readonly #clock: VirtualClock
  readonly #random: () => number
  readonly #sockets = new Map<string, SocketHandlers>()
  #freePort = FIRST_FREE_PORT

  constructor({ clock, random = Math.random, ...faults }: MemoryNetworkOptions) {
    this.faults = faults
    this.#clock = clock
    this.#random = random
  }

  async open(options: SocketOptions, handlers: SocketHandlers) {
    const address = options.address ?? (options.family === 4 ? '127.0.0.1' : '::1')
    const port = options.port || this.#freePort++
    const key = `${address} ${port}`
    if (this.#sockets.has(key)) throw Object.assign(new Error(`${key} is in use`), { code: 'EADDRINUSE' })
    this.#sockets.set(key, handlers)
    return {
      address,
      port,
      receiveBufferBytes: options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES,
      send: (datagram: Uint8Array, toAddress: string, toPort: number) =>
        this.send({ datagram, fromAddress: address, fromPort: port, toAddress, toPort }),
      close: async () => {
        this.#sockets.delete(key)
      },
    }
  }

  /** Sends a datagram with any source address and port, for tests of forged datagrams. */
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

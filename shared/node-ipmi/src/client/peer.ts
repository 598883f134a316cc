import { RoundTrip } from './round-trip.ts'

/** Knowledge about one BMC, kept over runs. */
export class Peer<Run> {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
  /** Cipher suite of the last session; proposed first if the caller names none. */
  cipherSuite: 3 | 17 = 17
  readonly roundTrip = new RoundTrip()
  /** Runs under way. */
  links: readonly Run[] = []

  constructor(address: string, port: number, family: 4 | 6) {
    this.address = address
    this.port = port
    this.family = family
  }

  /** `address:port`, or `[address]:port` for IPv6. */
  get name(): string {
    return this.family === 4 ? `${this.address}:${this.port}` : `[${this.address}]:${this.port}`
  }
}

/** Most BMCs remembered. */
const KEPT = 16_384

/** The BMCs used last. Beyond KEPT the longest unused BMC without a run under way is forgotten. */
export class PeerTable<Run> {
  readonly #peers = new Map<string, Peer<Run>>()

  find(address: string, port: number): Peer<Run> | undefined {
    return this.#peers.get(`${address} ${port}`)
  }

  /** Finds or adds a BMC, and marks it as used last. */
  use(address: string, port: number, family: 4 | 6): Peer<Run> {
    const key = `${address} ${port}`
    const peer = this.#peers.get(key) ?? new Peer<Run>(address, port, family)
    this.#peers.delete(key)
    this.#peers.set(key, peer)
    if (this.#peers.size > KEPT) this.#forgetOldest()
    return peer
  }

  #forgetOldest(): void {
    for (const [key, peer] of this.#peers) {
      if (peer.links.length > 0) continue
      this.#peers.delete(key)
      return
    }
  }
}

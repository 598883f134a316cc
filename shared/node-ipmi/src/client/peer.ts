import { RoundTrip } from './round-trip.ts'

/** What a client knows about one BMC, from this and earlier runs. */
export class Peer<Run> {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
  /** The suite of the last session; proposed first where the caller names none. */
  cipherSuite: 3 | 17 = 17
  readonly roundTrip = new RoundTrip()
  /** Runs under way. */
  readonly links = new Set<Run>()

  constructor(address: string, port: number, family: 4 | 6) {
    this.address = address
    this.port = port
    this.family = family
  }

  /** As people write it; IPv6 in brackets. */
  get name(): string {
    return this.family === 4 ? `${this.address}:${this.port}` : `[${this.address}]:${this.port}`
  }
}

const KEPT = 16_384

/** The BMCs that were spoken to last; the longest unused ones are forgotten, those with runs under way are not. */
export class PeerTable<Run> {
  readonly #peers = new Map<string, Peer<Run>>()

  find(address: string, port: number): Peer<Run> | undefined {
    return this.#peers.get(`${address} ${port}`)
  }

  /** Finds or adds, and marks as used. */
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
      if (peer.links.size > 0) continue
      this.#peers.delete(key)
      return
    }
  }
}

import { RoundTrip } from './round-trip.ts'

const none: readonly never[] = []

/** Knowledge about one BMC, kept over runs: its round trip, its cipher suite, and the conversations under way. */
export class Peer<Session> extends RoundTrip {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
  /** Cipher suite of the last session; proposed first if the caller names none. */
  cipherSuite: 3 | 17 = 17
  sessions: readonly Session[] = none

  constructor(address: string, port: number, family: 4 | 6) {
    super()
    this.address = address
    this.port = port
    this.family = family
  }

  /** `address:port`, or `[address]:port` for IPv6. */
  get name(): string {
    return this.family === 4 ? `${this.address}:${this.port}` : `[${this.address}]:${this.port}`
  }

  add(session: Session): void {
    this.sessions = this.sessions.length === 0 ? [session] : [...this.sessions, session]
  }

  remove(session: Session): void {
    this.sessions = this.sessions.length === 1 ? none : this.sessions.filter((other) => other !== session)
  }
}

/** Most BMCs remembered. */
const KEPT = 16_384

/** The BMCs used last. Beyond KEPT the longest unused BMC without a conversation under way is forgotten. */
export class PeerTable<Session> {
  readonly #peers = new Map<string, Peer<Session>>()

  find(address: string, port: number): Peer<Session> | undefined {
    return this.#peers.get(`${address} ${port}`)
  }

  /** Finds or adds a BMC, and marks it as used last. */
  use(address: string, port: number, family: 4 | 6): Peer<Session> {
    const key = `${address} ${port}`
    const known = this.#peers.get(key)
    const peer = known ?? new Peer<Session>(address, port, family)
    if (known !== undefined) this.#peers.delete(key)
    this.#peers.set(key, peer)
    if (this.#peers.size > KEPT) this.#forgetOldest()
    return peer
  }

  #forgetOldest(): void {
    for (const [key, peer] of this.#peers) {
      if (peer.sessions.length > 0) continue
      this.#peers.delete(key)
      return
    }
  }
}

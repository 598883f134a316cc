import type { Clock } from '../transport/clock.ts'
import type { BmcFaults } from './faults.ts'

export interface FaultyLinkOptions {
  readonly faults: BmcFaults
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  /** Called when a fault drops a datagram. */
  readonly onLost: () => void
}

/** Drops, repeats, delays, reorders and corrupts datagrams as BmcFaults say. */
export class FaultyLink {
  readonly #options: FaultyLinkOptions

  constructor(options: FaultyLinkOptions) {
    this.#options = options
  }

  /** Passes a datagram on to the BMC. */
  receive(datagram: Uint8Array, deliver: (datagram: Uint8Array) => void) {
    const { faults, onLost } = this.#options
    if (faults.hang || this.#happens(faults.lossIn)) return onLost()
    deliver(datagram)
    if (this.#happens(faults.duplicateIn)) deliver(datagram)
  }

  /** Passes an answer on to the console. */
  send(datagram: Uint8Array, deliver: (datagram: Uint8Array) => void) {
    const { faults, onLost } = this.#options
    if (faults.hang || this.#happens(faults.lossOut)) return onLost()
    const sent = this.#happens(faults.corruptOut) ? this.#corrupt(datagram) : datagram
    this.#deliverLater(sent, deliver)
    if (this.#happens(faults.duplicateOut)) this.#deliverLater(sent, deliver)
  }

  #deliverLater(datagram: Uint8Array, deliver: (datagram: Uint8Array) => void) {
    const { delayMs = 0, jitterMs = 0 } = this.#options.faults
    if (delayMs === 0 && jitterMs === 0) return deliver(datagram)
    const waitMs = delayMs + (jitterMs === 0 ? 0 : jitterMs * this.#chance())
    this.#options.clock.after(waitMs, () => deliver(datagram))
  }

  #corrupt(datagram: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(datagram)
    const at = Math.floor(this.#chance() * copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 + Math.floor(this.#chance() * 255))
    return copy
  }

  #happens(rate = 0): boolean {
    return rate > 0 && this.#chance() < rate
  }

  /** Uniform in [0, 1). */
  #chance(): number {
    const [a = 0, b = 0, c = 0] = this.#options.random(3)
    return (a + b * 2 ** 8 + c * 2 ** 16) / 2 ** 24
  }
}

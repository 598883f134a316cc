/** Least time before a retransmission, in milliseconds: below it timers and schedulers are not to be trusted. */
const LEAST_MS = 20
const MOST_MS = 8000
/** Least allowance for variation, in milliseconds. */
const GRANULARITY_MS = 10

/** Estimates round-trip time and its variation as RFC 6298 §2 does. Milliseconds. */
export class RoundTrip {
  #smoothedMs = 0
  #variationMs = 0
  #samples = 0
  /** Time-out that had to be backed off to; kept until a sample that is unambiguous (Karn). 0: none. */
  #backedOffMs = 0

  get known(): boolean {
    return this.#samples > 0
  }

  sample(roundTripMs: number): void {
    this.#backedOffMs = 0
    if (this.#samples++ === 0) {
      this.#smoothedMs = roundTripMs
      this.#variationMs = roundTripMs / 2
      return
    }
    this.#variationMs += (Math.abs(this.#smoothedMs - roundTripMs) - this.#variationMs) / 4
    this.#smoothedMs += (roundTripMs - this.#smoothedMs) / 8
  }

  /** An answer came that may be to any of several transmissions: the time-out that it came within is kept. */
  keepBackedOff(timeoutMs: number): void {
    this.#backedOffMs = Math.min(MOST_MS, timeoutMs)
  }

  /** How long to wait before the first retransmission. */
  get timeoutMs(): number {
    const timeoutMs = this.#smoothedMs + Math.max(GRANULARITY_MS, 4 * this.#variationMs)
    return Math.min(MOST_MS, Math.max(LEAST_MS, this.#backedOffMs, timeoutMs))
  }

  /** The same for a neighbour that was never heard: twice as careful. */
  get neighbourTimeoutMs(): number {
    return Math.min(MOST_MS, 2 * this.timeoutMs)
  }
}

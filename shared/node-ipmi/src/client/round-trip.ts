/** Least time before a retransmission, in milliseconds: timers and schedulers are not precise below it. */
const LEAST_MS = 20
const MOST_MS = 8000
/** Most that a backed-off time-out is kept: a lossy link must not end up silent for seconds after each loss. */
const MOST_BACKED_OFF_MS = 2000
/** Least allowance for variation, in milliseconds. */
const GRANULARITY_MS = 10

/** Estimates the round-trip time and its variation by RFC 6298 §2. All times in milliseconds. */
export class RoundTrip {
  #smoothedMs = 0
  #variationMs = 0
  #samples = 0
  /** Backed-off time-out, kept until the next unambiguous sample (Karn's algorithm). 0: none. */
  #backedOffMs = 0
  /** An exchange needed more than one transmission. */
  isLossy = false

  /** Whether there was a sample. */
  get known(): boolean {
    return this.#samples > 0
  }

  /** Takes the measured round trip of one unambiguous answer. */
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

  /** Takes an answer that may belong to any of several transmissions: keeps the time-out within which it came. */
  keepBackedOff(timeoutMs: number): void {
    this.#backedOffMs = Math.min(MOST_BACKED_OFF_MS, timeoutMs)
  }

  /** Wait before the first retransmission, 20..8000. */
  get timeoutMs(): number {
    const timeoutMs = this.#smoothedMs + Math.max(GRANULARITY_MS, 4 * this.#variationMs)
    return Math.min(MOST_MS, Math.max(LEAST_MS, this.#backedOffMs, timeoutMs))
  }

  /** The wait for a BMC never heard on the same network: twice as long. */
  get neighbourTimeoutMs(): number {
    return Math.min(MOST_MS, 2 * this.timeoutMs)
  }
}

/** Least time before a retransmission, in milliseconds: timers and schedulers are not precise below it. */
const LEAST_MS = 20
const MOST_MS = 8000
/** Most that a backed-off time-out is kept: a lossy link must not end up silent for seconds after each loss. */
const MOST_BACKED_OFF_MS = 2000
/** Least allowance for variation, in milliseconds. */
const GRANULARITY_MS = 10

/** Estimates the round-trip time and its variation by RFC 6298 §2. All times in milliseconds. */
export class RoundTrip {
  /** Whether there was a sample. */
  known = false
  /** An exchange needed more than one transmission. */
  isLossy = false
  /** Wait before the first retransmission, 20..8000; means nothing before the first sample. */
  timeoutMs = Number.MIN_VALUE
  #smoothedMs = Number.MIN_VALUE
  #variationMs = Number.MIN_VALUE

  /** Takes the measured round trip of one unambiguous answer. */
  sample(roundTripMs: number): void {
    if (this.known) {
      this.#variationMs += (Math.abs(this.#smoothedMs - roundTripMs) - this.#variationMs) / 4
      this.#smoothedMs += (roundTripMs - this.#smoothedMs) / 8
    } else {
      this.known = true
      this.#smoothedMs = roundTripMs
      this.#variationMs = roundTripMs / 2
    }
    this.timeoutMs = this.#estimateMs()
  }

  /**
   * Takes an answer that may belong to any of several transmissions: keeps the time-out within which it came until the next
   * unambiguous sample (Karn's algorithm).
   */
  keepBackedOff(timeoutMs: number): void {
    this.timeoutMs = Math.max(this.#estimateMs(), Math.min(MOST_BACKED_OFF_MS, timeoutMs))
  }

  /** The wait for a BMC never heard on the same network: twice as long. */
  get neighbourTimeoutMs(): number {
    return Math.min(MOST_MS, 2 * this.timeoutMs)
  }

  #estimateMs(): number {
    const timeoutMs = this.#smoothedMs + Math.max(GRANULARITY_MS, 4 * this.#variationMs)
    return Math.min(MOST_MS, Math.max(LEAST_MS, timeoutMs))
  }
}

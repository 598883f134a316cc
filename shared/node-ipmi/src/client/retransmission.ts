import type { RoundTrip } from './round-trip.ts'

/** First time-out, in milliseconds, where nothing is known about the BMC. ipmipower's fixed 400 ms are too few for BMCs that take 450. */
export const FIRST_TIMEOUT_MS = 600
const UNKNOWN_GROWTH = 1.5
const UNKNOWN_MOST_MS = 1000
const KNOWN_GROWTH = 2.5
const KNOWN_MOST_MS = 500
/** Up to this share is added at random, so that many BMCs are not asked again in the same instant. */
const JITTER = 0.25

/**
 * Milliseconds to wait for an answer to transmission number `transmission` (0, 1, ...) before the next one. A BMC whose round trip is known
 * is asked again after its own time-out. One that was never heard is asked once more after its neighbours' time-out (a lost first packet on
 * a fast link), then from a base that does not drown a slow one. `random` is in [0, 1).
 */
export function retransmitDelayMs(
  transmission: number,
  peer: RoundTrip,
  neighbours: RoundTrip,
  random: number,
): number {
  const jitter = 1 + JITTER * random
  if (peer.known) {
    const firstMs = peer.timeoutMs
    return Math.min(firstMs * KNOWN_GROWTH ** transmission, Math.max(KNOWN_MOST_MS, 2 * firstMs)) * jitter
  }
  const early = neighbours.known && neighbours.neighbourTimeoutMs < FIRST_TIMEOUT_MS
  if (early && transmission === 0) return neighbours.neighbourTimeoutMs * jitter
  const step = early ? transmission - 1 : transmission
  return Math.min(FIRST_TIMEOUT_MS * UNKNOWN_GROWTH ** step, UNKNOWN_MOST_MS) * jitter
}

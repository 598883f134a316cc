import type { RoundTrip } from './round-trip.ts'

/**
 * First time-out for an unknown BMC, in milliseconds. ipmipower's fixed 400 ms is too short for BMCs that need 450 ms.
 */
export const FIRST_TIMEOUT_MS = 600
const UNKNOWN_GROWTH = 1.5
const UNKNOWN_MOST_MS = 1000
const KNOWN_GROWTH = 2.5
const KNOWN_MOST_MS = 500
/** Largest share added at random, so that retransmissions to many BMCs spread out. */
const JITTER = 0.25

/**
 * Milliseconds to wait for an answer to transmission number `transmission` (0, 1, ...) before the next transmission. A
 * BMC with a known round trip gets its own time-out. A BMC never heard gets its neighbours' time-out first (a first
 * packet lost on a fast link), then FIRST_TIMEOUT_MS and more, which a slow BMC can meet. `random` is in [0, 1).
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

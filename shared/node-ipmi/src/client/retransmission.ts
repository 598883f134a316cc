import type { RoundTrip } from './round-trip.ts'

/**
 * First time-out for an unknown BMC, in milliseconds. ipmipower's fixed 400 ms is too short for BMCs that need 450 ms.
 */
export const FIRST_TIMEOUT_MS = 600
const UNKNOWN_GROWTH = 1.5
const UNKNOWN_MOST_MS = 1000
const KNOWN_GROWTH = 2.5
/** Largest share added at random, so that retransmissions to many BMCs spread out. */
const JITTER = 0.25

/**
 * How often a request is sent again. `lossy`: datagrams to this BMC were lost before. `usual`: silence rather means that it
 * is slow. `changes`: the same for a command that it executes each time.
 */
export type Pace = 'usual' | 'lossy' | 'changes'

const mostMs: Readonly<Record<Pace, number>> = { lossy: 500, usual: 1500, changes: 3000 }
/** Transmissions that come at short intervals whatever the pace, since a lost datagram is more likely than a slow BMC. */
const QUICK = 5
const QUICK_MOST_MS = 500

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
  pace: Pace = 'usual',
): number {
  const jitter = 1 + JITTER * random
  if (peer.known) {
    const firstMs = peer.timeoutMs
    if (transmission === 0) return firstMs * jitter
    const most = transmission < QUICK && pace !== 'changes' ? QUICK_MOST_MS : mostMs[pace]
    return Math.min(firstMs * KNOWN_GROWTH ** transmission, Math.max(most, 2 * firstMs)) * jitter
  }
  const early = neighbours.known && neighbours.neighbourTimeoutMs < FIRST_TIMEOUT_MS
  if (early && transmission === 0) return neighbours.neighbourTimeoutMs * jitter
  const step = early ? transmission - 1 : transmission
  return Math.min(FIRST_TIMEOUT_MS * UNKNOWN_GROWTH ** step, UNKNOWN_MOST_MS) * jitter
}

const FIRST_MS = 200
const MOST_MS = 5000
const GROWTH = 1.6

/** Milliseconds before repetition `attempt` (0, 1, ...): from 0.2 s to 5 s. */
export function pollDelayMs(attempt: number): number {
  return Math.min(MOST_MS, FIRST_MS * GROWTH ** attempt)
}

/** The same with jitter of up to half, so that a rack that was refused at once does not come back at once. `random` is in [0, 1). */
export function retryDelayMs(attempt: number, random: () => number): number {
  return pollDelayMs(attempt) * (0.5 + random() / 2)
}

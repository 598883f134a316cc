const FIRST_MS = 1000
const LAST_MS = 60_000

/** Milliseconds to wait after the Nth failure in a row, from 1: twice as long each time, up to a minute, by a random part. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return longest / 2 + (longest / 2) * random()
}

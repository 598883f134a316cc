/** How pauses between failures grow. */
export interface Backoff {
  /** The first pause, in milliseconds. */
  readonly firstMs: number
  readonly mostMs: number
  /** Each pause is so many times the one before; 2 where absent. */
  readonly growth?: number
  /** The part of each pause that is left to chance, from 0 to 1, so that many do not come back at once; 0 where absent. */
  readonly jitter?: number
}

/** Milliseconds to wait after `failures` in a row (1: the first pause). `random` is in [0, 1). */
export function backoffMs(
  { firstMs, mostMs, growth = 2, jitter = 0 }: Backoff,
  failures: number,
  random: () => number = Math.random,
): number {
  const longestMs = Math.min(mostMs, firstMs * growth ** (failures - 1))
  return longestMs * (1 - jitter + jitter * random())
}

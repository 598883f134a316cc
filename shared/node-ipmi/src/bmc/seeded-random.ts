/** Returns the same bytes for the same seed (xorshift32), for tests and repeatable faults. Not for secrets. */
export function seededRandom(seed: number): (length: number) => Uint8Array {
  let state = seed | 0 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 24
  }
  return (length) => Uint8Array.from({ length }, next)
}

import { randomFillSync } from 'node:crypto'

const POOL_LENGTH = 8192
const FRACTIONS_LENGTH = 64

/** Returns random bytes of the quality of `randomBytes`, drawn from the system 8192 at a time. `length`: 0..8192. */
export function pooledRandom(): (length: number) => Uint8Array {
  let pool = new Uint8Array(0)
  let used = 0
  return (length) => {
    if (used + length > pool.length) {
      pool = randomFillSync(new Uint8Array(POOL_LENGTH))
      used = 0
    }
    used += length
    return pool.subarray(used - length, used)
  }
}

/** Numbers in [0, 1) in steps of 1/256, each from a byte of `random`. */
export function fractionsOf(random: (length: number) => Uint8Array): () => number {
  let bytes: Uint8Array = new Uint8Array(0)
  let used = 0
  return () => {
    if (used === bytes.length) {
      bytes = random(FRACTIONS_LENGTH)
      used = 0
    }
    return (bytes[used++] ?? 0) / 256
  }
}

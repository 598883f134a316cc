import { timingSafeEqual } from 'node:crypto'

/** Whether two codes are equal. The time taken does not depend on where they differ. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

import { timingSafeEqual } from 'node:crypto'

/** Whether two codes are the same, in time that does not depend on where they differ. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

import type { Field } from '../codec/bits.ts'

/** Numbers by which a raw reading becomes a value, in six bytes. §35.5, §36.3. */
export interface ReadingFactors {
  /** Two's complement of 10 bits: 8 of them, and the upper 2. */
  readonly multiplierLow: number
  readonly multiplierHigh: number
  readonly offsetLow: number
  readonly offsetHigh: number
  /** Powers of ten, two's complement of 4 bits. */
  readonly offsetExponent: number
  readonly resultExponent: number
}

/** Fields of the factors in a layout in which they begin at the byte offset `at`. Tolerance and accuracy are left out. */
export function readingFactorFields<const At extends number>(at: At) {
  const bit = at * 8
  return {
    multiplierLow: [bit, 8],
    multiplierHigh: [bit + 14, 2],
    offsetLow: [bit + 16, 8],
    offsetHigh: [bit + 30, 2],
    offsetExponent: [bit + 40, 4],
    resultExponent: [bit + 44, 4],
  } as const satisfies Record<keyof ReadingFactors, Field>
}

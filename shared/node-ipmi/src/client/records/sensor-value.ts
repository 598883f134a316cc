import type { ReadingFactors } from '../../commands/reading-factors.ts'
import { AnalogFormat } from '../../commands/sensor-record.ts'

/** Functions of `linearization` 0 to 11. §36.3. */
const linearizations: readonly ((value: number) => number)[] = [
  (value) => value,
  Math.log,
  Math.log10,
  Math.log2,
  Math.exp,
  (value) => 10 ** value,
  (value) => 2 ** value,
  (value) => 1 / value,
  (value) => value ** 2,
  (value) => value ** 3,
  Math.sqrt,
  Math.cbrt,
]

/** Significant digits of a value: a raw reading has 8 bits, and more digits would be noise of the arithmetic. */
const DIGITS = 6

/**
 * The value that a raw reading (0..255) means: y = L((M x + B 10^Bexp) 10^Rexp). §36.3. Undefined for a sensor without
 * numbers, and where the result is no number.
 */
export function sensorValue(
  raw: number,
  analogFormat: number,
  linearization: number,
  factors: ReadingFactors,
): number | undefined {
  const x = signedReading(raw, analogFormat)
  if (x === undefined) return undefined
  const multiplier = signed(factors.multiplierLow | (factors.multiplierHigh << 8), 10)
  const offset = signed(factors.offsetLow | (factors.offsetHigh << 8), 10)
  const scaledOffset = offset * 10 ** signed(factors.offsetExponent, 4)
  const linear = (multiplier * x + scaledOffset) * 10 ** signed(factors.resultExponent, 4)
  const value = (linearizations[linearization] ?? ((same: number) => same))(linear)
  return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : undefined
}

function signedReading(raw: number, analogFormat: number): number | undefined {
  switch (analogFormat) {
    case AnalogFormat.unsigned:
      return raw
    case AnalogFormat.onesComplement:
      return raw < 0x80 ? raw : raw - 0xff
    case AnalogFormat.twosComplement:
      return signed(raw, 8)
    default:
      return undefined
  }
}

/** Two's complement of `width` bits. */
function signed(value: number, width: number): number {
  return value < 2 ** (width - 1) ? value : value - 2 ** width
}

import { test } from 'tap'
import { sensorValue } from '../../../src/client/records/sensor-value.ts'
import type { ReadingFactors } from '../../../src/commands/reading-factors.ts'

/** Factors from numbers with signs. */
const factors = (multiplier: number, offset = 0, offsetExponent = 0, resultExponent = 0): ReadingFactors => ({
  multiplierLow: multiplier & 0xff,
  multiplierHigh: (multiplier >> 8) & 3,
  offsetLow: offset & 0xff,
  offsetHigh: (offset >> 8) & 3,
  offsetExponent: offsetExponent & 15,
  resultExponent: resultExponent & 15,
})

test('a raw reading becomes y = L((M x + B 10^Bexp) 10^Rexp)', async (t) => {
  const cases = [
    ['degrees as they are', 42, 0, 0, factors(1), 42],
    ['steps of 40 RPM', 105, 0, 0, factors(40), 4200],
    ['steps of 60 mV', 201, 0, 0, factors(6, 0, 0, -2), 12.06],
    ['an offset with an exponent', 10, 0, 0, factors(2, 5, 1, 0), 70],
    ['a negative multiplier', 10, 0, 0, factors(-3), -30],
    ['a multiplier of 10 bits', 2, 0, 0, factors(511), 1022],
    ['the most negative multiplier', 1, 0, 0, factors(-512), -512],
    ['a negative offset', 100, 0, 0, factors(1, -128), -28],
    ["two's complement", 0xf6, 2, 0, factors(1), -10],
    ["one's complement", 0xf5, 1, 0, factors(1), -10],
    ["one's complement, positive", 0x7f, 1, 0, factors(1), 127],
    ['the natural logarithm', 1, 0, 1, factors(1), 0],
    ['the decimal logarithm', 100, 0, 2, factors(10), 3],
    ['the binary logarithm', 8, 0, 3, factors(1), 3],
    ['the exponential', 0, 0, 4, factors(1), 1],
    ['ten to the power', 3, 0, 5, factors(1), 1000],
    ['two to the power', 10, 0, 6, factors(1), 1024],
    ['the reciprocal', 4, 0, 7, factors(1), 0.25],
    ['the square', 12, 0, 8, factors(1), 144],
    ['the cube', 3, 0, 9, factors(1), 27],
    ['the square root', 81, 0, 10, factors(1), 9],
    ['the cube root', 27, 0, 11, factors(1), 3],
    ['the reciprocal of nothing', 0, 0, 7, factors(1), undefined],
    ['no number', 1, 3, 0, factors(1), undefined],
  ] as const
  for (const [name, raw, format, linearization, by, value] of cases) {
    t.equal(sensorValue(raw, format, linearization, by), value, name)
  }
})

import { InvalidArgumentError } from 'commander'

/** A parser of whole numbers within limits, for commander's options. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d{1,15}$/.test(text) && value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`)
  }
}

/** A parser of seconds, fractions allowed, that gives milliseconds. */
export function seconds(maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= maximum) return Math.ceil(value * 1000)
    throw new InvalidArgumentError(`Expected seconds, more than 0 and at most ${maximum}.`)
  }
}

/** A parser of a share in percent that gives a fraction of 1. */
export function percent(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value <= 100) return value / 100
  throw new InvalidArgumentError('Expected a percentage from 0 to 100.')
}

/** Gathers an option that may be given often. */
export function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value]
}

/** The cipher suites that the client speaks. */
export function cipherSuite(text: string): 3 | 17 {
  if (text === '3') return 3
  if (text === '17') return 17
  throw new InvalidArgumentError('Expected 3 or 17.')
}

import { InvalidArgumentError } from 'commander'

/** A parser of whole numbers from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d{1,15}$/.test(text) && value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`)
  }
}

/** A parser of seconds, with fractions, that returns milliseconds. */
export function seconds(maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= maximum) return Math.ceil(value * 1000)
    throw new InvalidArgumentError(`Expected seconds, more than 0 and at most ${maximum}.`)
  }
}

/** Parses a percentage as a fraction of 1. */
export function percent(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value <= 100) return value / 100
  throw new InvalidArgumentError('Expected a percentage from 0 to 100.')
}

/** Collects the values of an option that may be repeated. */
export function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value]
}

/** Parses a cipher suite that the client supports. */
export function cipherSuite(text: string): 3 | 17 {
  if (text === '3') return 3
  if (text === '17') return 17
  throw new InvalidArgumentError('Expected 3 or 17.')
}

/** A parser of one of some words. */
export function oneOf(...words: readonly string[]): (text: string) => string {
  return (text) => {
    if (words.includes(text)) return text
    throw new InvalidArgumentError(`Expected one of ${words.join(', ')}.`)
  }
}

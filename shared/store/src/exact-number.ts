import { randomBytes } from 'node:crypto'

/** In front of a number's text while JSON is written or read. Nobody outside of this process can know it. */
const MARK = `number ${randomBytes(16).toString('hex')} `
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g')

/** Numbers that `jsonText` has met so far; undefined while it does not run. */
let met: number | undefined

/**
 * A number of a JSON text that JSON.parse and JSON.stringify would change: beyond 2^53, or written as `1e21`, `1.0` or
 * `-0`. `Number(n)` is the nearest double, `String(n)` its text. JSON.stringify writes the double, and `jsonText` the
 * text.
 */
export class ExactNumber extends Number {
  /** As it was written: of a JSON number. */
  readonly text: string

  constructor(text: string) {
    super(text)
    this.text = text
  }

  toJSON(): unknown {
    if (met === undefined) return Number(this)
    met += 1
    return MARK + this.text
  }

  override toString(): string {
    return this.text
  }
}

/** As JSON.stringify, which it costs where there is no ExactNumber in the value, and with the text of each that there is. */
export function jsonText(value: unknown): string | undefined {
  const before = met
  met = 0
  try {
    const text = JSON.stringify(value) as string | undefined
    return met === 0 ? text : text?.replace(MARKED, '$1')
  } finally {
    met = before
  }
}

/** Where a number stands in a text. */
export type Place = readonly [start: number, end: number]

/** The value of a JSON text with an ExactNumber at each of these places, which are in order. Throws SyntaxError. */
export function withExactNumbers(text: string, places: readonly Place[]): unknown {
  const parts: string[] = []
  let done = 0
  for (const [start, end] of places) {
    parts.push(text.slice(done, start), `"${MARK}${text.slice(start, end)}"`)
    done = end
  }
  return unmarked(JSON.parse(parts.join('') + text.slice(done)))
}

/** In place: nobody else has the value yet. */
function unmarked(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? new ExactNumber(value.slice(MARK.length)) : value
  if (typeof value !== 'object' || value === null) return value
  const holder = value as Record<string, unknown>
  for (const name of Object.keys(holder)) holder[name] = unmarked(holder[name])
  return value
}

/** The value with the nearest double in place of each ExactNumber; the same value where there is none. */
export function plainNumbers<T>(value: T): T {
  return plain(value) as T
}

function plain(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value)
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value
  let made: Record<string, unknown> | unknown[] | undefined
  for (const [name, inner] of Object.entries(value)) {
    const next = plain(inner)
    if (next === inner) continue
    made ??= Array.isArray(value) ? [...value] : { ...value }
    ;(made as Record<string, unknown>)[name] = next
  }
  return made ?? value
}

/** Whether both are one number, however they are written. */
export function isSameNumber(a: number | ExactNumber, b: number | ExactNumber): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b
  return decimalOf(a) === decimalOf(b)
}

/** Sign, digits and exponent without superfluous zeros: `15e2` of 1.50e3. */
function decimalOf(number: number | ExactNumber): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(number)) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  return `${sign}${significant}e${power}`
}

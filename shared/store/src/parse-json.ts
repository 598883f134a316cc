import { jsonText, type Place, withExactNumbers } from './exact-number.ts'

/** Levels of arrays and objects that a text from outside may have. Bodies of the endpoint's API may have fewer. */
export const JSON_DEPTH_MAX = 128

export interface JsonLimits {
  /** Levels of arrays and objects; `[[1]]` has two. */
  readonly depthMax: number
  /** Values altogether, the inner ones too. */
  readonly valuesMax: number
}

const LIMITS: JsonLimits = { depthMax: JSON_DEPTH_MAX, valuesMax: Number.POSITIVE_INFINITY }

/** A text is no JSON, or a value is none that every program can take. The message begins with a verb. */
export class JsonError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'JsonError'
  }
}

const UNLIMITED: JsonLimits = { depthMax: Number.POSITIVE_INFINITY, valuesMax: Number.POSITIVE_INFINITY }
/** Characters of a number that is kept as it is written. */
const NUMBER_CHARACTERS_MAX = 1000
/** An integer of fewer digits is a double with that text. */
const SURE_DIGITS = 15

/**
 * Reads a text from outside. Depth and number of values are counted before anything is built. A number that JSON.parse
 * would change becomes an ExactNumber. Throws JsonError for what `checkedJson` refuses, and for a text that is not JSON.
 */
export function parseJson(text: string, limits: JsonLimits = LIMITS): unknown {
  const inexact = scan(text, limits)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new JsonError('is not JSON', { cause })
  }
  if (SUSPECT.test(text)) checkValues(value)
  return inexact.length === 0 ? value : withExactNumbers(text, inexact)
}

/** Reads a text of this program's own as `parseJson` does, but without limits or checks. Throws SyntaxError. */
export function readJson(text: string): unknown {
  const inexact = scan(text, UNLIMITED)
  return inexact.length === 0 ? JSON.parse(text) : withExactNumbers(text, inexact)
}

/**
 * The JSON text of a value. Throws JsonError for a value that is nested too deeply, has too many values, a number beyond
 * the range of a double, text that is not well-formed Unicode, or a member named `__proto__`.
 */
export function checkedJson(value: unknown, limits: JsonLimits = LIMITS): string {
  const text = written(value, limits)
  scan(text, limits)
  // JSON says null for a number that is not finite.
  if (SUSPECT.test(text) || text.includes('null')) checkValues(value)
  return text
}

function written(value: unknown, { depthMax }: JsonLimits): string {
  try {
    return jsonText(value) ?? 'null'
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep(depthMax)
    throw new JsonError('cannot be written as JSON', { cause })
  }
}

/** Looks at each value. Their depth must have been checked. */
function checkValues(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new JsonError('has a number beyond the range of a double')
  }
  if (typeof value === 'string') checkText(value)
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) for (const name of Object.keys(value)) checkName(name)
  for (const inner of Object.values(value)) checkValues(inner)
}

/** What only a look at the values can judge: exponents and long numbers, escaped surrogates, and a `__proto__`, escaped or not. */
const SUSPECT = /[eE]\+?\d{3}|\d{300}|\\u(?:[dD][89a-fA-F]|00[567])|__proto__/
/** Matches half of a pair only, not a character beyond U+FFFF. */
const SURROGATE = /\p{Surrogate}/u

const BLANK = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const [ZERO, NINE] = [0x30, 0x39]
const OPEN = new Set([0x5b, 0x7b])
const CLOSE = new Set([0x5d, 0x7d])

/** Returns where the numbers are that JSON.parse and JSON.stringify would change. */
function scan(text: string, { depthMax, valuesMax }: JsonLimits): readonly Place[] {
  const inexact: Place[] = []
  let depth = 0
  // The top, and the first member of each array or object; a comma comes before each further one.
  let values = 1
  let isFirst = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code <= BLANK) continue
    if (CLOSE.has(code)) depth -= 1
    else if (isFirst || code === COMMA) values += 1
    isFirst = OPEN.has(code)
    if (isFirst) depth += 1
    else if (code === QUOTE) at = endOfString(text, at)
    else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at)
      if (!isExact(text, at, end)) inexact.push([at, end])
      at = end - 1
    }
    if (depth > depthMax) throw tooDeep(depthMax)
    if (values > valuesMax) throw tooMany(valuesMax)
  }
  return inexact
}

/** Index after the number; of a text that may be no JSON. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && IN_NUMBER.has(text.charCodeAt(end))) end += 1
  return end
}

const IN_NUMBER = new Set(Array.from('0123456789+-.eE', (character) => character.charCodeAt(0)))

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

/** Whether JSON.stringify gives back the text of what JSON.parse makes of it. */
function isExact(text: string, start: number, end: number): boolean {
  let at = start
  while (at < end && isDigit(text.charCodeAt(at))) at += 1
  if (at === end && end - start <= SURE_DIGITS) return true
  if (end - start > NUMBER_CHARACTERS_MAX)
    throw new JsonError(`has a number of more than ${NUMBER_CHARACTERS_MAX} characters`)
  const number = text.slice(start, end)
  return JSON.stringify(Number(number)) === number
}

/** Index of the closing quote; the text's length where it is missing. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return end
  }
  return text.length
}

function checkName(name: string): void {
  if (name === '__proto__') throw new JsonError('has a member named __proto__')
  checkText(name)
}

function checkText(text: string): void {
  if (SURROGATE.test(text)) throw new JsonError('has text that is not well-formed Unicode: half of a surrogate pair')
}

function tooDeep(depthMax: number): JsonError {
  return new JsonError(`is nested more than ${depthMax} levels deep`)
}

function tooMany(valuesMax: number): JsonError {
  return new JsonError(`has more than ${valuesMax} values`)
}

import { isDeepStrictEqual } from 'node:util'
import { kindOf } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { ExactNumber, isSameNumber, JsonError, jsonText, parseJson, plainNumbers } from '@powerbus/store'
import { addressDigits } from './address-order.ts'
import { compareText } from './compare-text.ts'
import { API_LIMITS } from './object-limits.ts'

/** Longer texts are not indexed. */
const PLACE_CHARACTERS_MAX = 256
/** Characters of a value's text that decide its order. */
const SORT_CHARACTERS_MAX = 1024

/** What `compareKeys` needs of a value. */
export interface SortKey {
  readonly kind: string
  readonly value: number | string
}

/** How the values of an index are compared. */
export interface ValueKind {
  /** Gives the sign of a value minus the wanted one; undefined where they cannot be compared. Throws REQUEST_INVALID. */
  comparer(wanted: string): (value: unknown) => number | undefined
  /** Equal values have one place; undefined for a value that is not indexed. */
  place(value: unknown): string | undefined
  /** The places of the values that equal the wanted one. */
  places(wanted: string): readonly string[]
  sortKey(value: unknown): SortKey
}

/** Values that are ordered by a text that is made of them. `parse` may throw REQUEST_INVALID. */
function byText(read: (value: unknown) => string | undefined, parse: (wanted: string) => string): ValueKind {
  return {
    comparer(wanted) {
      const text = parse(wanted)
      return (value) => {
        const own = read(value)
        return own === undefined ? undefined : compareText(own, text)
      }
    },
    place(value) {
      const text = read(value)
      return text === undefined || text.length > PLACE_CHARACTERS_MAX ? undefined : text
    },
    places: (wanted) => [parse(wanted)],
    sortKey: (value) => sortKey(read(value)),
  }
}

const textIn = (value: unknown) => (typeof value === 'string' ? value : undefined)
const lowerIn = (value: unknown) => textIn(value)?.toLowerCase()

/** The values of fields, by the type of the index. */
export const fieldKinds = {
  text: byText(textIn, (wanted) => wanted),
  /** UUIDs and MAC addresses. */
  caseless: byText(lowerIn, (wanted) => wanted.toLowerCase()),
  flag: byText(
    (value) => (typeof value === 'boolean' ? String(value) : undefined),
    (wanted) => {
      if (wanted === 'true' || wanted === 'false') return wanted
      throw new PowerbusError('REQUEST_INVALID', `expected true or false, not '${wanted.slice(0, 40)}'`)
    },
  ),
  /** By number, IPv4 among the IPv6 addresses that stand for it; no address comes first. */
  address: byText(
    (value) => (typeof value === 'string' ? (addressDigits(value) ?? (value && `no address ${value}`)) : undefined),
    (wanted) => {
      const digits = wanted === '' ? '' : addressDigits(wanted)
      if (digits !== undefined) return digits
      throw new PowerbusError('REQUEST_INVALID', `expected an IP address, not '${wanted.slice(0, 40)}'`)
    },
  ),
} as const

/** Any JSON value; a wanted one is JSON, or the bare text of a string. */
export const jsonKind: ValueKind = {
  comparer(wanted) {
    const json = jsonIn(wanted)
    const text = json === undefined ? wanted : textIn(json)
    return (value) => {
      if (value === undefined) return undefined
      // A text is the bare one too that is JSON of another kind: a string `5` equals 5, and has no order to it.
      if (value === wanted) return 0
      if (typeof value === 'string') return text === undefined ? undefined : compareText(value, text)
      if (isNumber(value)) return isNumber(json) ? compareNumbers(value, json) : undefined
      if (typeof value === 'boolean') return typeof json === 'boolean' ? Number(value) - Number(json) : undefined
      if (value === null) return json === null ? 0 : undefined
      if (typeof json !== 'object' || json === null) return undefined
      return isDeepStrictEqual(plainNumbers(value), plainNumbers(json)) ? 0 : compareText(textOf(value), wanted) || 1
    }
  },
  place(value) {
    if (value === null) return 'null'
    // Zero and minus zero are equal.
    if (typeof value === 'number') return `number ${value + 0}`
    if (typeof value === 'boolean') return `flag ${value}`
    return typeof value === 'string' && value.length <= PLACE_CHARACTERS_MAX ? `text ${value}` : undefined
  },
  places(wanted) {
    const json = jsonIn(wanted)
    const places = new Set([`text ${wanted}`])
    if (typeof json === 'string') places.add(`text ${json}`)
    else if (typeof json === 'boolean') places.add(`flag ${json}`)
    else if (json === null) places.add('null')
    else if (isNumber(json) && isSameNumber(json, Number(json))) places.add(`number ${Number(json) + 0}`)
    return [...places]
  },
  sortKey,
}

function sortKey(value: unknown): SortKey {
  const sorted = isNumber(value) ? Number(value) : textOf(value).slice(0, SORT_CHARACTERS_MAX)
  return { kind: kindOf(value), value: sorted }
}

/** Orders any two values: by kind, then numbers by size, and everything else by its text. */
function compareKeys(a: SortKey, b: SortKey): number {
  if (typeof a.value === 'number' && typeof b.value === 'number') return a.value - b.value
  return compareText(a.kind, b.kind) || compareText(String(a.value), String(b.value))
}

/** By the first keys that differ. */
export function compareAll(a: readonly SortKey[], b: readonly SortKey[]): number {
  for (const [index, key] of a.entries()) {
    const other = b[index]
    const sign = other === undefined ? 0 : compareKeys(key, other)
    if (sign !== 0) return sign
  }
  return 0
}

/** What a pattern is matched against. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (jsonText(value) ?? '')
}

function isNumber(value: unknown): value is number | ExactNumber {
  return typeof value === 'number' || value instanceof ExactNumber
}

function compareNumbers(a: number | ExactNumber, b: number | ExactNumber): number {
  if (isSameNumber(a, b)) return 0
  return Math.sign(Number(a) - Number(b)) || 1
}

/** Undefined where the text is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(text, API_LIMITS)
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

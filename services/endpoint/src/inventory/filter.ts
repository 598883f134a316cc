import { type JsonObject, kindOf, paramNamePattern } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { compareText } from './compare-text.ts'
import { compilePattern } from './pattern.ts'

/** Whether a value fits the operator's arguments; the value is undefined where the object has none. */
type Operator = (value: unknown, wanted: readonly string[]) => boolean

const between: Operator = (value, [low = '', high = '']) =>
  compares(value, low, (sign) => sign >= 0) && compares(value, high, (sign) => sign <= 0)
const oneOf: Operator = (value, wanted) => wanted.some((text) => order(value, text) === 0)

export interface Filter {
  /** Of the field or param. */
  readonly name: string
  /** Only objects with one of these values fit, and all of them do; undefined where it asks for something else. */
  readonly values: readonly string[] | undefined
  /** Whether an object with these params fits. */
  readonly fits: (object: JsonObject, params: JsonObject) => boolean
}

/** The operators of list filters (plugin contract §5). Objects without the value fit only the negative operators. */
const operators: Readonly<Record<string, Operator>> = {
  Eq: comparison((sign) => sign === 0),
  Ne: not(oneOf),
  Lt: comparison((sign) => sign < 0),
  Lte: comparison((sign) => sign <= 0),
  Gt: comparison((sign) => sign > 0),
  Gte: comparison((sign) => sign >= 0),
  Between: between,
  Except: not(between),
  In: oneOf,
  Nin: not(oneOf),
}
const PAIRS = ['Between', 'Except']
const LISTS = ['In', 'Nin']
const EQUALITIES = ['Eq', 'In']

function comparison(holds: (sign: number) => boolean): Operator {
  return (value, [wanted = '']) => compares(value, wanted, holds)
}

function not(operator: Operator): Operator {
  return (value, wanted) => !operator(value, wanted)
}

/**
 * Parses a filter `OPERATOR(VALUE)` on a field of the object, else on a param. A bare VALUE means `Eq(VALUE)`.
 * Throws REQUEST_INVALID that names the field.
 */
export async function parseFilter(name: string, text: string): Promise<Filter> {
  if (!paramNamePattern.test(name)) {
    throw new PowerbusError('REQUEST_INVALID', `'${name}' is neither a field nor the name of a param`)
  }
  const [, operatorName = '', inner = ''] = /^([A-Z][a-z]*)\((.*)\)$/s.exec(text) ?? ['', 'Eq', text]
  const operator = operatorName === 'Re' ? await matching(inner) : operators[operatorName]
  if (operator === undefined) {
    const known = [...Object.keys(operators), 'Re'].join(' ')
    throw new PowerbusError('REQUEST_INVALID', `${name}: there is no filter ${operatorName}: expected one of ${known}`)
  }
  const isPair = PAIRS.includes(operatorName)
  const wanted = isPair || LISTS.includes(operatorName) ? inner.split(',') : [inner]
  if (isPair && wanted.length !== 2) {
    throw new PowerbusError('REQUEST_INVALID', `${name}: ${operatorName} takes 2 values`)
  }
  const values = EQUALITIES.includes(operatorName) ? wanted : undefined
  return { name, values, fits: (object, params) => operator(fieldOrParam(object, params, name), wanted) }
}

/** The field of that name, else the param. */
export function fieldOrParam(object: JsonObject, params: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  return Object.hasOwn(params, name) ? params[name] : undefined
}

/** Characters of a value's text that decide its order. */
const SORT_CHARACTERS_MAX = 1024

/** What `compareKeys` needs of a value. */
export interface SortKey {
  readonly kind: string
  readonly value: number | string
}

export function sortKey(value: unknown): SortKey {
  const sorted = typeof value === 'number' ? value : textOf(value).slice(0, SORT_CHARACTERS_MAX)
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

/** Sign of value minus wanted; undefined where they cannot be compared. */
function order(value: unknown, wanted: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') return compareText(textOf(value), wanted)
  const number = wanted.trim() === '' ? Number.NaN : Number(wanted)
  return Number.isNaN(number) ? undefined : Math.sign(value - number)
}

function compares(value: unknown, wanted: string, holds: (sign: number) => boolean): boolean {
  const sign = order(value, wanted)
  return sign !== undefined && holds(sign)
}

async function matching(pattern: string): Promise<Operator> {
  const matches = await compilePattern(pattern)
  return (value) => value !== undefined && value !== null && matches(textOf(value))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

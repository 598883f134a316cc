import { type JsonObject, kindOf, paramNamePattern } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { compareText } from './collection.ts'

const PATTERN_LENGTH_MAX = 256

/** Whether a value fits the operator's arguments; the value is undefined where the object has none. */
type Operator = (value: unknown, wanted: readonly string[]) => boolean

const between: Operator = (value, [low = '', high = '']) =>
  compares(value, low, (sign) => sign >= 0) && compares(value, high, (sign) => sign <= 0)
const oneOf: Operator = (value, wanted) => wanted.some((text) => order(value, text) === 0)

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
export function parseFilter(name: string, text: string): (object: JsonObject, params: JsonObject) => boolean {
  if (!paramNamePattern.test(name)) {
    throw new PowerbusError('REQUEST_INVALID', `'${name}' is neither a field nor the name of a param`)
  }
  const [, operatorName = '', inner = ''] = /^([A-Z][a-z]*)\((.*)\)$/s.exec(text) ?? ['', 'Eq', text]
  const operator = operatorName === 'Re' ? matching(inner) : operators[operatorName]
  if (operator === undefined) {
    const known = [...Object.keys(operators), 'Re'].join(' ')
    throw new PowerbusError('REQUEST_INVALID', `${name}: there is no filter ${operatorName}: expected one of ${known}`)
  }
  const isPair = PAIRS.includes(operatorName)
  const wanted = isPair || LISTS.includes(operatorName) ? inner.split(',') : [inner]
  if (isPair && wanted.length !== 2) {
    throw new PowerbusError('REQUEST_INVALID', `${name}: ${operatorName} takes 2 values`)
  }
  return (object, params) => operator(fieldOrParam(object, params, name), wanted)
}

/** The field of that name, else the param. */
export function fieldOrParam(object: JsonObject, params: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  return Object.hasOwn(params, name) ? params[name] : undefined
}

/** Orders any two values: by kind, then numbers by size, and everything else by its text. */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return compareText(kindOf(a), kindOf(b)) || compareText(textOf(a), textOf(b))
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

function matching(pattern: string): Operator {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    throw new PowerbusError('REQUEST_INVALID', `Re: at most ${PATTERN_LENGTH_MAX} characters`)
  }
  try {
    const expression = new RegExp(pattern, 'u')
    return (value) => value !== undefined && value !== null && expression.test(textOf(value))
  } catch (cause) {
    throw new PowerbusError('REQUEST_INVALID', `Re: '${pattern}' is not a regular expression`, { cause })
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

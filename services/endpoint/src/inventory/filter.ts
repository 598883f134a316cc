import { PowerbusError } from '@powerbus/plugin-sdk'
import type { ListIndex } from './list-index.ts'
import { compilePattern } from './pattern.ts'
import type { StoredObject } from './stored-object.ts'
import { textOf } from './value-kinds.ts'

/** An effective param of an object; undefined where nothing sets it. */
export type ParamOf<T> = (object: T, name: string) => unknown

export interface Filter {
  readonly index: ListIndex
  /** Only objects with one of these values fit, and all of them do; undefined where it asks for something else. */
  readonly equals: readonly string[] | undefined
  readonly fits: <T extends StoredObject>(object: T, paramOf: ParamOf<T>) => boolean
}

/** Whether one value fits. */
type Test = (value: unknown) => boolean
type Compare = (wanted: string) => (value: unknown) => number | undefined

const one =
  (holds: (sign: number) => boolean) =>
  (compare: Compare, [wanted = '']: readonly string[]): Test => {
    const signOf = compare(wanted)
    return (value) => {
      const sign = signOf(value)
      return sign !== undefined && holds(sign)
    }
  }
const any = (compare: Compare, wanted: readonly string[]): Test => {
  const tests = wanted.map((text) => one((sign) => sign === 0)(compare, [text]))
  return (value) => tests.some((test) => test(value))
}
const between = (compare: Compare, [low = '', high = '']: readonly string[]): Test => {
  const [isFrom, isTo] = [one((sign) => sign >= 0)(compare, [low]), one((sign) => sign <= 0)(compare, [high])]
  return (value) => isFrom(value) && isTo(value)
}

interface Operator {
  readonly test: (compare: Compare, wanted: readonly string[]) => Test
  /** An object fits where none of its values passes the test, also one without a value. */
  readonly isNegative?: true
  readonly takes?: 'pair' | 'list'
}

/** The operators of list filters (plugin contract §5). */
const operators: Readonly<Record<string, Operator>> = {
  Eq: { test: any },
  Ne: { test: any, isNegative: true },
  Lt: { test: one((sign) => sign < 0) },
  Lte: { test: one((sign) => sign <= 0) },
  Gt: { test: one((sign) => sign > 0) },
  Gte: { test: one((sign) => sign >= 0) },
  Between: { test: between, takes: 'pair' },
  Except: { test: between, takes: 'pair', isNegative: true },
  In: { test: any, takes: 'list' },
  Nin: { test: any, takes: 'list', isNegative: true },
}
const EQUALITIES = ['Eq', 'In']

/** Parses a filter `OPERATOR(VALUE)`. A bare VALUE means `Eq(VALUE)`. Throws REQUEST_INVALID that names the index. */
export async function parseFilter(index: ListIndex, name: string, text: string): Promise<Filter> {
  const [, operatorName = '', inner = ''] = /^([A-Z][a-z]*)\((.*)\)$/s.exec(text) ?? ['', 'Eq', text]
  if (operatorName === 'Re') {
    const matches = await compilePattern(inner)
    const test = (value: unknown) => value !== undefined && value !== null && matches(textOf(value))
    return { index, equals: undefined, fits: fitting(index, test, false) }
  }
  const operator = Object.hasOwn(operators, operatorName) ? operators[operatorName] : undefined
  if (operator === undefined) {
    const known = [...Object.keys(operators), 'Re'].join(' ')
    throw new PowerbusError('REQUEST_INVALID', `${name}: there is no filter ${operatorName}: expected one of ${known}`)
  }
  const wanted = operator.takes === undefined ? [inner] : argumentsIn(inner)
  if (operator.takes === 'pair' && wanted.length !== 2) {
    throw new PowerbusError('REQUEST_INVALID', `${name}: ${operatorName} takes 2 values`)
  }
  const test = named(name, () => operator.test((value) => index.values.comparer(value), wanted))
  const equals = EQUALITIES.includes(operatorName) ? wanted : undefined
  return { index, equals, fits: fitting(index, test, operator.isNegative === true) }
}

/** The value that counts for an index. */
export function listValue<T extends StoredObject>(index: ListIndex, object: T, paramOf: ParamOf<T>): unknown {
  return index.param === undefined ? index.own(object) : paramOf(object, index.param)
}

function fitting(index: ListIndex, test: Test, isNegative: boolean): Filter['fits'] {
  return (object, paramOf) => {
    const value = listValue(index, object, paramOf)
    const passes = index.isList && Array.isArray(value) ? value.some(test) : test(value)
    return passes !== isNegative
  }
}

/** The parts between commas that are in no JSON text, array or object. */
function argumentsIn(text: string): readonly string[] {
  const parts: string[] = []
  let [depth, start] = [0, 0]
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (isQuoted && character === '\\') at += 1
    else if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if ('[{'.includes(character)) depth += 1
    else if (']}'.includes(character)) depth -= 1
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  // Bare texts may have such characters too.
  return isQuoted || depth !== 0 ? text.split(',') : [...parts, text.slice(start)]
}

function named<R>(name: string, work: () => R): R {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof PowerbusError)) throw cause
    throw new PowerbusError(cause.code, `${name}: ${cause.message}`, { cause })
  }
}

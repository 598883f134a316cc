import { goJson } from './go-json.ts'

/** Go's ints (literals, `len`) are bigints here, and its float64 (numbers of params) are numbers: they do not compare. */
export type TemplateFunction = (...values: readonly unknown[]) => unknown

/** False, 0, null, and what is empty, are false. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** As fmt prints it. A list or map has no form that a script could read, so it is refused. */
export function printed(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Math.abs(value) < 1e21 && (Number.isInteger(value) ? Math.abs(value) < 1e6 : true))
    return String(value)
  throw new Error(`${goJson(value)} has no plain text: print it with toJson`)
}

function compared(name: string, left: unknown, right: unknown): number {
  if (typeof left !== typeof right || !['string', 'number', 'bigint', 'boolean'].includes(typeof left))
    throw new Error(`error calling ${name}: incompatible types for comparison`)
  if (name !== 'eq' && name !== 'ne' && typeof left === 'boolean')
    throw new Error(`error calling ${name}: invalid type for comparison`)
  const [first, second] = [left as string, right as string]
  return first === second ? 0 : first < second ? -1 : 1
}

function length(value: unknown): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  if (typeof value === 'object' && value !== null) return BigInt(Object.keys(value).length)
  throw new Error('error calling len: the value has no length')
}

function indexed(value: unknown, key: unknown): unknown {
  if (Array.isArray(value) && typeof key === 'bigint') {
    if (key < 0n || key >= BigInt(value.length)) throw new Error(`error calling index: index out of range: ${key}`)
    return value[Number(key)]
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && typeof key === 'string')
    return (value as Record<string, unknown>)[key]
  throw new Error('error calling index: the value cannot be indexed so')
}

/** All arguments are evaluated, as before Go 1.18: a param that `and` guards must not be read in the same `and`. */
export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (left, ...rights) => rights.some((right) => compared('eq', left, right) === 0),
  ne: (left, right) => compared('ne', left, right) !== 0,
  lt: (left, right) => compared('lt', left, right) < 0,
  le: (left, right) => compared('le', left, right) <= 0,
  gt: (left, right) => compared('gt', left, right) > 0,
  ge: (left, right) => compared('ge', left, right) >= 0,
  len: length,
  index: (value, ...keys) => keys.reduce(indexed, value),
  toString: printed,
  toJson: goJson,
}

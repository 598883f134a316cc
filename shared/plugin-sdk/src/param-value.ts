import type { ParamSchema } from './param.ts'

/**
 * A value that satisfies its schema; or the expectation and the place inside the value (`[2]`, `.port`) that violates
 * it.
 */
export type Checked = { readonly value: unknown } | { readonly expected: string; readonly at: string }

const integerText = /^[+-]?\d+(?:\.0+)?$/
const numberText = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const booleanText = new Map([
  ['true', true],
  ['false', false],
])

/**
 * Checks a value by its schema (contract §3). Unambiguous forms are converted: `"15"` and `15.0` to an integer,
 * `"true"` to a boolean. All other mismatches are refused, undefined and null included.
 */
export function checkValue(schema: ParamSchema, raw: unknown): Checked {
  const read = readers[schema.type](schema, raw)
  if ('expected' in read) return read
  if (schema.enum && !schema.enum.includes(read.value)) return { expected: expectation(schema), at: '' }
  return read
}

type Reader = (schema: ParamSchema, raw: unknown) => Checked

const readers: Readonly<Record<ParamSchema['type'], Reader>> = {
  string: (schema, raw) => {
    const fits = typeof raw === 'string' && lengthFits(schema, raw) && patternFits(schema, raw)
    return fits ? { value: raw } : refusal(schema)
  },
  integer: (schema, raw) => {
    const value = typeof raw === 'string' && integerText.test(raw) ? Number(raw) : raw
    return Number.isSafeInteger(value) && rangeFits(schema, value) ? { value } : refusal(schema)
  },
  number: (schema, raw) => {
    const value = typeof raw === 'string' && numberText.test(raw) ? Number(raw) : raw
    return Number.isFinite(value) && rangeFits(schema, value) ? { value } : refusal(schema)
  },
  boolean: (schema, raw) => {
    const value = typeof raw === 'string' ? booleanText.get(raw.toLowerCase()) : raw
    return typeof value === 'boolean' ? { value } : refusal(schema)
  },
  array: (schema, raw) => {
    if (!Array.isArray(raw)) return refusal(schema)
    const values: unknown[] = []
    for (const [index, member] of raw.entries()) {
      const read = schema.items ? checkValue(schema.items, member) : { value: member }
      if ('expected' in read) return { expected: read.expected, at: `[${index}]${read.at}` }
      values.push(read.value)
    }
    return { value: values }
  },
  object: (schema, raw) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return refusal(schema)
    const values: [string, unknown][] = []
    for (const [name, member] of Object.entries(raw)) {
      const read = checkMember(schema, name, member)
      if ('expected' in read) return { expected: read.expected, at: `.${name}${read.at}` }
      values.push([name, read.value])
    }
    return { value: Object.fromEntries(values) }
  },
}

function checkMember(schema: ParamSchema, name: string, member: unknown): Checked {
  const own = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
  const rule = own ?? schema.additionalProperties ?? true
  if (rule === false) return { expected: 'no field of this name', at: '' }
  return rule === true ? { value: member } : checkValue(rule, member)
}

function refusal(schema: ParamSchema): Checked {
  return { expected: expectation(schema), at: '' }
}

/** JSON Schema counts characters, not UTF-16 units. */
function lengthFits(schema: ParamSchema, text: string): boolean {
  if (schema.minLength === undefined && schema.maxLength === undefined) return true
  const length = [...text].length
  return length >= (schema.minLength ?? 0) && length <= (schema.maxLength ?? Number.POSITIVE_INFINITY)
}

/** A pattern of JSON Schema matches anywhere in the text unless it has anchors. */
function patternFits(schema: ParamSchema, text: string): boolean {
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text)
}

function rangeFits(schema: ParamSchema, value: unknown): boolean {
  const low = schema.minimum ?? Number.NEGATIVE_INFINITY
  const high = schema.maximum ?? Number.POSITIVE_INFINITY
  return typeof value === 'number' && value >= low && value <= high
}

const nouns: Readonly<Record<ParamSchema['type'], string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
}

/** The expectation of a schema in words: `an integer from 0 to 65535`, `one of "uefi", "legacy-bios"`. */
export function expectation(schema: ParamSchema): string {
  if (schema.enum) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`
  const limits = [
    schema.minimum !== undefined && `from ${schema.minimum}`,
    schema.maximum !== undefined && `up to ${schema.maximum}`,
    schema.minLength !== undefined && `of at least ${schema.minLength} characters`,
    schema.maxLength !== undefined && `of at most ${schema.maxLength} characters`,
    schema.pattern !== undefined && `that matches ${schema.pattern}`,
  ]
  return [nouns[schema.type], ...limits.filter((limit) => limit !== false)].join(' ')
}

import { FieldReader, type JsonObject } from './field-reader.ts'

/** One field of an object on the wire. */
export interface Field<T> {
  /** Reads it; absent and null give the zero value, unless it must be there. Throws DecodeError. */
  readonly read: (read: FieldReader, name: string) => T
  /** Go's zero value, frozen; null where only Go's nil stands for it, or where the field must be there. */
  readonly zero: T | null
  /** JSON schema of its values. */
  readonly schema: JsonObject
  /** Whether the endpoint sets it, whatever a client sends. */
  readonly isComputed?: true
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type Values<F extends Fields> = { readonly [Name in keyof F]: ReturnType<F[Name]['read']> }

const EMPTY_OBJECT: JsonObject = Object.freeze({})
const EMPTY_ARRAY: readonly never[] = Object.freeze([])

export type Decode<T> = (value: unknown, place?: string) => T

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const object = { type: 'object' } as const

/** The kinds of fields. An absent one has its zero value; `name` and `string` must be there. */
export const field = {
  /** At least one character. */
  name: made((read, name) => read.name(name), null, { ...text, minLength: 1 }),
  string: made((read, name) => read.string(name), null, text),
  text: made((read, name) => read.string(name, ''), '', text),
  flag: made((read, name) => read.boolean(name, false), false, { type: 'boolean' }),
  integer: made((read, name) => read.integer(name, 0), 0, { type: 'integer' }),
  object: made((read, name) => read.object(name, EMPTY_OBJECT), EMPTY_OBJECT, object),
  array: made((read, name) => read.array(name), EMPTY_ARRAY, { type: 'array' }),
  strings: made((read, name) => read.strings(name), EMPTY_ARRAY, texts),
  texts: made((read, name) => read.texts(name), EMPTY_OBJECT as Readonly<Record<string, string>>, {
    ...object,
    additionalProperties: text,
  }),
} as const

/** A field with a rule of its own. */
export function made<T>(read: Field<T>['read'], zero: T | null, schema: JsonObject): Field<T> {
  return { read, zero, schema }
}

/** A text whose zero value is another than the empty text. */
export function textOr(zero: string): Field<string> {
  return made((read, name) => read.string(name, '') || zero, zero, text)
}

/** A field that only the endpoint sets. */
export function computed<T>(of: Field<T>): Field<T> {
  return { ...of, isComputed: true }
}

/** An object with these fields; others are kept. */
export function struct<F extends Fields>(fields: F): Field<JsonObject & Values<F>> {
  const decode = openDecoder(fields)
  const zero = Object.freeze(decode(new FieldReader({}, '')))
  return made((read, name) => decode(read.inner(name)), zero, schemaOfFields(fields))
}

/** A list with decoded members. */
export function listOf<T>(decode: (value: unknown, place: string) => T, items: JsonObject): Field<readonly T[]> {
  return made((read, name) => read.list(name, decode), EMPTY_ARRAY, { type: 'array', items })
}

/** A list of objects with these fields; others are kept. */
export function structs<F extends Fields>(fields: F): Field<readonly (JsonObject & Values<F>)[]> {
  return listOf(openShape('', fields), schemaOfFields(fields))
}

/** Objects with these fields, by a key; other fields are kept. */
export function structMap<F extends Fields>(fields: F): Field<Readonly<Record<string, JsonObject & Values<F>>>> {
  const decode = openShape('', fields)
  const schema = { ...object, additionalProperties: schemaOfFields(fields) }
  return made((read, name) => read.map(name, decode), EMPTY_OBJECT as Record<string, JsonObject & Values<F>>, schema)
}

/** Decodes an object that has these fields, and drops all others. The decoder throws DecodeError. */
export function shape<F extends Fields>(place: string, fields: F): Decode<Values<F>> {
  return (value, at = place) => {
    const read = new FieldReader(value, at)
    return Object.fromEntries(
      Object.entries(fields).map(([name, { read: get }]) => [name, get(read, name)]),
    ) as Values<F>
  }
}

/** As `shape`, but other fields are kept unchanged. */
export function openShape<F extends Fields>(place: string, fields: F): Decode<JsonObject & Values<F>> {
  const decode = openDecoder(fields)
  return (value, at = place) => decode(new FieldReader(value, at))
}

/** JSON schema of an object with these fields, all of which an answer has. */
export function schemaOfFields(fields: Fields): JsonObject {
  const entries = Object.entries(fields)
  const properties = entries.map(([name, { schema, isComputed }]) => [
    name,
    { ...schema, ...(isComputed && { readOnly: true }) },
  ])
  return { type: 'object', properties: Object.fromEntries(properties), required: entries.map(([name]) => name) }
}

/**
 * Fields that are absent share their frozen zero values, and all objects of a kind share one layout in V8: they are
 * cloned from one that JSON.parse made, since an object that gets its fields one by one becomes a slow table.
 */
function openDecoder<F extends Fields>(fields: F): (read: FieldReader) => JsonObject & Values<F> {
  const entries = Object.entries(fields)
  const known = new Set(entries.map(([name]) => name.toLowerCase()))
  const layout = JSON.parse(
    JSON.stringify(Object.fromEntries(entries.map(([name, { zero }]) => [name, zero]))),
  ) as object
  return (read) => {
    const decoded: Record<string, unknown> = { ...layout }
    for (const [name, { read: get }] of entries) decoded[name] = get(read, name)
    for (const [name, value] of Object.entries(read.fields)) {
      // A known field in another case was read as that field.
      if (!known.has(name.toLowerCase())) Object.defineProperty(decoded, name, { value, ...PLAIN })
    }
    return decoded as JsonObject & Values<F>
  }
}

/** A field of any name, `__proto__` too. */
const PLAIN = { enumerable: true, configurable: true, writable: true }

import { FieldReader, type JsonObject } from './field-reader.ts'

type Fields = Readonly<Record<string, (read: FieldReader, name: string) => unknown>>
type Values<F extends Fields> = { readonly [Name in keyof F]: ReturnType<F[Name]> }

/** The kinds of fields. An absent one is empty; `name` and `string` must be there. */
export const field = {
  /** At least one character. */
  name: (read: FieldReader, name: string) => read.name(name),
  string: (read: FieldReader, name: string) => read.string(name),
  text: (read: FieldReader, name: string) => read.string(name, ''),
  flag: (read: FieldReader, name: string) => read.boolean(name, false),
  integer: (read: FieldReader, name: string) => read.integer(name, 0),
  object: (read: FieldReader, name: string) => read.object(name, {}),
  array: (read: FieldReader, name: string) => read.array(name),
  strings: (read: FieldReader, name: string) => read.strings(name),
  texts: (read: FieldReader, name: string) => read.texts(name),
} as const

/** Decodes an object that has these fields, and drops all others. The decoder throws DecodeError. */
export function shape<F extends Fields>(place: string, fields: F): (value: unknown, place?: string) => Values<F> {
  return (value, at = place) => valuesOf(new FieldReader(value, at), fields)
}

/** As `shape`, but other fields are kept unchanged. */
export function openShape<F extends Fields>(place: string, fields: F): (value: unknown) => JsonObject & Values<F> {
  return (value) => {
    const read = new FieldReader(value, place)
    return { ...read.fields, ...valuesOf(read, fields) }
  }
}

function valuesOf<F extends Fields>(read: FieldReader, fields: F): Values<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, get]) => [name, get(read, name)])) as Values<F>
}

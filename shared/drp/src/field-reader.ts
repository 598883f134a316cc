/** Input violates the contract. `field` names the place: `Action.Params`, `[2].Name`. */
export class DecodeError extends Error {
  readonly field: string

  constructor(field: string, expected: string, got: unknown) {
    super(`${field} must be ${expected}, but is ${kindOf(got)}`)
    this.name = 'DecodeError'
    this.field = field
  }
}

export type JsonObject = Readonly<Record<string, unknown>>

/** False for a Number object, which is how a program may hold a number that no double can. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Number)
}

/** The kind of a JSON value in words, such as `an array` or `absent`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Number) return 'a number'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

/**
 * Reads the fields of one JSON object. Like Go's decoder it ignores the case of names, and treats null as absent: Go
 * encodes nil slices and maps as null.
 * @throws DecodeError that names the field
 */
export class FieldReader {
  readonly fields: JsonObject
  readonly #place: string
  /** Names in lower case; made when a name is not found as it is. */
  #byLower: ReadonlyMap<string, string> | undefined

  constructor(value: unknown, place: string) {
    if (!isJsonObject(value)) throw new DecodeError(place, 'an object', value)
    this.fields = value
    this.#place = place
  }

  /** The raw value; undefined if it is absent or null. */
  any(name: string): unknown {
    if (Object.hasOwn(this.fields, name)) return this.fields[name] ?? undefined
    this.#byLower ??= new Map(Object.keys(this.fields).map((key) => [key.toLowerCase(), key]))
    const found = this.#byLower.get(name.toLowerCase())
    return found === undefined ? undefined : (this.fields[found] ?? undefined)
  }

  string(name: string, fallback?: string): string {
    return this.#typed(name, fallback, 'a string', (value): value is string => typeof value === 'string')
  }

  /** A string with at least one character. */
  name(name: string): string {
    return this.#typed(name, undefined, 'a non-empty string', (value): value is string => {
      return typeof value === 'string' && value !== ''
    })
  }

  boolean(name: string, fallback?: boolean): boolean {
    return this.#typed(name, fallback, 'a boolean', (value): value is boolean => typeof value === 'boolean')
  }

  integer(name: string, fallback?: number): number {
    return this.#typed(name, fallback, 'an integer', (value): value is number => Number.isSafeInteger(value))
  }

  object(name: string, fallback?: JsonObject): JsonObject {
    return this.#typed(name, fallback, 'an object', isJsonObject)
  }

  /** The reader of an object within; absent is empty. */
  inner(name: string): FieldReader {
    return new FieldReader(this.object(name, {}), `${this.#place}.${name}`)
  }

  /** An array of anything; absent is empty. */
  array(name: string): readonly unknown[] {
    return this.#typed(name, [], 'an array', (value): value is readonly unknown[] => Array.isArray(value))
  }

  /** An array of strings; absent is empty. */
  strings(name: string): readonly string[] {
    return this.list(name, (value, place) => {
      if (typeof value !== 'string') throw new DecodeError(place, 'a string', value)
      return value
    })
  }

  /** An array with decoded members; absent is empty. */
  list<T>(name: string, decode: (value: unknown, place: string) => T): readonly T[] {
    return this.array(name).map((value, index) => decode(value, `${this.#place}.${name}[${index}]`))
  }

  /** An object with decoded members; absent is empty. */
  map<T>(name: string, decode: (value: unknown, place: string) => T): Readonly<Record<string, T>> {
    const entries = Object.entries(this.object(name, {}))
    return Object.fromEntries(entries.map(([key, value]) => [key, decode(value, `${this.#place}.${name}.${key}`)]))
  }

  /** An object of strings; absent is empty. */
  texts(name: string): Readonly<Record<string, string>> {
    return this.map(name, (value, place) => {
      if (typeof value !== 'string') throw new DecodeError(place, 'a string', value)
      return value
    })
  }

  #typed<T>(name: string, fallback: T | undefined, expected: string, is: (value: unknown) => value is T): T {
    const given = this.any(name) ?? fallback
    const value = given instanceof Number ? Number(given) : given
    if (!is(value)) throw new DecodeError(`${this.#place}.${name}`, expected, value)
    return value
  }
}

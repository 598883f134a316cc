import type { JsonObject } from '../field-reader.ts'
import { type Decode, type Fields, openShape, schemaOfFields, type Values } from '../shape.ts'

/** An index as `GET indexes` describes it. */
export interface ModelIndex {
  readonly Type: string
  readonly Unique: boolean
  /** Whether its values have no order, so that only `Eq` and its like apply. */
  readonly Unordered: boolean
  readonly Regex: boolean
}

/** One kind of DRP's objects: its fields, and all that follows from them. */
export interface Model<T extends JsonObject = JsonObject> {
  /** The kind in the API's paths, such as `machines`. */
  readonly prefix: string
  /** The name in texts, such as `Machine`. */
  readonly title: string
  /** Field that is the key. */
  readonly key: string
  readonly fields: Fields
  /** Fields that the endpoint sets, whatever a client sends. */
  readonly computed: readonly string[]
  readonly indexes: Readonly<Record<string, ModelIndex>>
  /** Gives all fields; other fields are kept unchanged. Throws DecodeError. */
  readonly decode: Decode<T>
}

export interface ModelOptions<F extends Fields> {
  readonly prefix: string
  readonly title: string
  /** `Name` by default. */
  readonly key?: string
  readonly fields: F
  /** Indexes besides those that all kinds have: the index's type by the field's name. */
  readonly indexes?: Readonly<Record<string, string>>
  /** Fields besides the key of which no two objects have the same value. */
  readonly unique?: readonly string[]
}

/** Indexes of every kind. `Key` is the key field, `Valid` the field Validated. */
const baseIndexes = {
  Key: { Type: 'string', Unique: true, Unordered: false, Regex: true },
  Valid: { Type: 'boolean', Unique: false, Unordered: false, Regex: false },
  Available: { Type: 'boolean', Unique: false, Unordered: false, Regex: false },
  ReadOnly: { Type: 'boolean', Unique: false, Unordered: false, Regex: false },
}

export function model<F extends Fields>(options: ModelOptions<F>): Model<JsonObject & Values<F>> {
  const { prefix, title, key = 'Name', fields, indexes = {}, unique = [] } = options
  const own = Object.entries(indexes).map(([name, Type]): [string, ModelIndex] => {
    const isUnique = name === key || unique.includes(name)
    return [name, { Type, Unique: isUnique, Unordered: Type === 'boolean', Regex: Type === 'string' }]
  })
  return {
    prefix,
    title,
    key,
    fields,
    computed: Object.keys(fields).filter((name) => fields[name]?.isComputed),
    indexes: { ...baseIndexes, ...Object.fromEntries(own) },
    decode: openShape(title, fields),
  }
}

/** JSON schema (draft 2020-12) of a model's objects as the API answers them. */
export function schemaOf({ title, fields }: Model): JsonObject {
  return { title, ...schemaOfFields(fields) }
}

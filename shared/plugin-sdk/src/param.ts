import type { ErrorCode } from './errors.ts'
import type { Secret } from './secret.ts'

/** The part of JSON Schema (draft 4) that params use. */
export interface ParamSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly items?: ParamSchema
  readonly properties?: Readonly<Record<string, ParamSchema>>
  readonly additionalProperties?: boolean | ParamSchema
}

/**
 * A param: its name as operators write it (`ipmi/address`), and the facts for manifest, bundle and validation.
 * `external: true`: another bundle defines it, so it is in manifests but not in this plugin's bundle.
 */
export interface Param<
  Name extends string = string,
  Schema extends ParamSchema = ParamSchema,
  Secure extends boolean = boolean,
> {
  readonly name: Name
  readonly description: string
  readonly documentation?: string
  readonly schema: Schema
  readonly secure?: Secure
  readonly external?: boolean
  /** Error code for a value outside the schema's enum; default PARAM_INVALID. */
  readonly unknownCode?: ErrorCode
  readonly meta?: Readonly<Record<string, string>>
}

/** A required param of an action: `required(p)`. An optional param is listed without it. */
export interface RequiredParam<P extends Param = Param> {
  readonly required: P
}

export type ParamUse = Param | RequiredParam

/** Returns the param with its types inferred. */
export function defineParam<
  const Name extends string,
  const Schema extends ParamSchema,
  const Secure extends boolean = false,
>(param: Param<Name, Schema, Secure>): Param<Name, Schema, Secure> {
  return param
}

/** Marks a param as required in an action or plugin. */
export function required<P extends Param>(param: P): RequiredParam<P> {
  return { required: param }
}

export function paramOf(use: ParamUse): Param {
  return 'required' in use ? use.required : use
}

type SchemaValue<S extends ParamSchema> = S extends { enum: readonly (infer V)[] }
  ? V
  : S['type'] extends 'string'
    ? string
    : S['type'] extends 'integer' | 'number'
      ? number
      : S['type'] extends 'boolean'
        ? boolean
        : S extends { type: 'array'; items: infer I extends ParamSchema }
          ? readonly SchemaValue<I>[]
          : S['type'] extends 'array'
            ? readonly unknown[]
            : S extends { properties: infer P extends Readonly<Record<string, ParamSchema>> }
              ? { readonly [Name in keyof P]?: SchemaValue<P[Name]> }
              : S extends { additionalProperties: infer V extends ParamSchema }
                ? Readonly<Record<string, SchemaValue<V>>>
                : Readonly<Record<string, unknown>>

type Value<P extends Param> =
  P extends Param<string, infer S, infer Secure> ? (Secure extends true ? Secret : SchemaValue<S>) : never

type Present<U extends ParamUse> =
  U extends RequiredParam<infer P>
    ? P
    : U extends Param<string, infer S>
      ? S extends { default: unknown }
        ? U
        : never
      : never

type Absent<U extends ParamUse> = U extends Param ? (U extends Present<U> ? never : U) : never

/** Validated values of params, by name. Secure params are `Secret`s; params with a default are always present. */
export type ParamValues<Uses extends readonly ParamUse[]> = {
  readonly [P in Present<Uses[number]> as P['name']]: Value<P>
} & {
  readonly [P in Absent<Uses[number]> as P['name']]?: Value<P>
}

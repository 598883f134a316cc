import { field, made, shape } from '../shape.ts'
import { model } from './model.ts'
import { described, sharedFields } from './shared-fields.ts'

const definition = {
  ...described,
  Secure: field.flag,
  /** JSON schema (draft 4) with an optional default; null: any value. */
  Schema: made((read, name) => (read.any(name) === undefined ? null : read.object(name)), null, {
    type: ['object', 'null'],
  }),
}

export const paramModel = model({
  prefix: 'params',
  title: 'Param',
  fields: { ...sharedFields, ...definition },
  indexes: { Name: 'string', Secure: 'boolean' },
})

/** A param as a bundle defines it (§6), without the fields that the endpoint adds. @throws DecodeError */
export const decodeParamDefinition = shape('Param', { ...definition, Meta: sharedFields.Meta })

/** A param in a bundle (§6). */
export type ParamDefinition = ReturnType<typeof decodeParamDefinition>

/** Param names (§6). One character class, since the contract's nested repeats backtrack exponentially in JavaScript. */
export const paramNamePattern = /^\p{L}[- _./\p{N}\p{L}]+$/u

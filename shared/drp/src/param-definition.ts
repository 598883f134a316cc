import { field, shape } from './shape.ts'

/** Param names (§6). One character class, since the contract's nested repeats backtrack exponentially in JavaScript. */
export const paramNamePattern = /^\p{L}[- _./\p{N}\p{L}]+$/u

/** @throws DecodeError */
export const decodeParamDefinition = shape('Param', {
  Name: field.name,
  Description: field.text,
  Documentation: field.text,
  Secure: field.flag,
  /** JSON schema (draft 4) with an optional default. */
  Schema: field.object,
  Meta: field.texts,
})

/** A param in a bundle or in the API's `params` (§6). */
export type ParamDefinition = ReturnType<typeof decodeParamDefinition>

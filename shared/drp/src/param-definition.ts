import { FieldReader, type JsonObject } from './field-reader.ts'

/** Param names (§6). One character class, since the contract's nested repeats backtrack exponentially in JavaScript. */
export const paramNamePattern = /^\p{L}[- _./\p{N}\p{L}]+$/u

/** A param in a bundle or in the API's `params` (§6). */
export interface ParamDefinition {
  readonly Name: string
  readonly Description: string
  readonly Documentation: string
  readonly Secure: boolean
  /** JSON schema (draft 4) with an optional default. */
  readonly Schema: JsonObject
  readonly Meta: Readonly<Record<string, string>>
}

/** @throws DecodeError */
export function decodeParamDefinition(value: unknown, place = 'Param'): ParamDefinition {
  const read = new FieldReader(value, place)
  return {
    Name: read.name('Name'),
    Description: read.string('Description', ''),
    Documentation: read.string('Documentation', ''),
    Secure: read.boolean('Secure', false),
    Schema: read.object('Schema', {}),
    Meta: read.texts('Meta'),
  }
}

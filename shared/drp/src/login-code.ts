import { FieldReader } from './field-reader.ts'

/** A password for one login at a Powerbus endpoint. */
export interface LoginCode {
  readonly Code: string
  /** RFC 3339. */
  readonly Expires: string
}

/** @throws DecodeError */
export function decodeLoginCode(value: unknown): LoginCode {
  const read = new FieldReader(value, 'LoginCode')
  return { Code: read.string('Code'), Expires: read.string('Expires') }
}

import { field, shape } from './shape.ts'

/** `Expires` is RFC 3339. @throws DecodeError */
export const decodeLoginCode = shape('LoginCode', { Code: field.string, Expires: field.string })

/** A password for one login at a Powerbus endpoint. */
export type LoginCode = ReturnType<typeof decodeLoginCode>

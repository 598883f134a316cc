import { field, shape } from './shape.ts'

/** @throws DecodeError */
export const decodeTokenInfo = shape('Token', {
  Id: field.name,
  Name: field.text,
  Owner: field.text,
  Role: field.text,
  Scope: field.text,
  Parent: field.text,
  Made: field.text,
  Expires: field.text,
  LastUsed: field.text,
})

/** What a Powerbus endpoint lists of a token: never the token itself. Times are RFC 3339; empty for never. */
export type TokenInfo = ReturnType<typeof decodeTokenInfo>

/** A token to be made; what is left out is as the asker's own. `Ttl` is in seconds. */
export interface NewToken {
  readonly Name: string
  readonly Owner?: string
  readonly Role?: string
  readonly Scope?: string
  readonly Ttl?: number
}

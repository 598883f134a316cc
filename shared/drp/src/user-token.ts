import { FieldReader, type JsonObject } from './field-reader.ts'

/** Answer of `GET users/NAME/token` (§5). `Token` is a secret: keep it out of logs. */
export interface UserToken {
  readonly Token: string
  readonly Info: JsonObject
}

/** @throws DecodeError */
export function decodeUserToken(value: unknown): UserToken {
  const read = new FieldReader(value, 'UserToken')
  return { Token: read.name('Token'), Info: read.object('Info', {}) }
}

import { field, shape } from './shape.ts'

/** @throws DecodeError */
export const decodeUserToken = shape('UserToken', { Token: field.name, Info: field.object })

/** Answer of `GET users/NAME/token` (§5). `Token` is a secret: keep it out of logs. */
export type UserToken = ReturnType<typeof decodeUserToken>

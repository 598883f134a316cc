import { field, openShape } from './shape.ts'

/** @throws DecodeError */
export const decodeEndpointInfo = openShape('Info', { version: field.text, features: field.strings })

/** Answer of `GET info` (§5). With the feature `secure-param-upgrade` plugins get secure params decrypted. */
export type EndpointInfo = ReturnType<typeof decodeEndpointInfo>

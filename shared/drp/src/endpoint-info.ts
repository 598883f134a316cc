import { FieldReader, type JsonObject } from './field-reader.ts'

/** Answer of `GET info` (§5). With the feature `secure-param-upgrade` plugins get secure params decrypted. */
export interface EndpointInfo extends JsonObject {
  readonly version: string
  readonly features: readonly string[]
}

/** @throws DecodeError */
export function decodeEndpointInfo(value: unknown): EndpointInfo {
  const read = new FieldReader(value, 'Info')
  return { ...read.fields, version: read.string('version', ''), features: read.strings('features') }
}

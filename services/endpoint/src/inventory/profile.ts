import { FieldReader, type JsonObject } from '@powerbus/drp'

/** Params that several objects share. Profile `global` applies to every object. */
export interface Profile extends JsonObject {
  readonly Name: string
  readonly Description: string
  readonly Params: JsonObject
  readonly Meta: Readonly<Record<string, string>>
}

export const GLOBAL_PROFILE = 'global'

/** @throws DecodeError */
export function decodeProfile(value: unknown): Profile {
  const read = new FieldReader(value, 'Profile')
  return {
    ...read.fields,
    Name: read.name('Name'),
    Description: read.string('Description', ''),
    Params: read.object('Params', {}),
    Meta: read.texts('Meta'),
  }
}

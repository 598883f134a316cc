import type { JsonObject } from '@powerbus/drp'

/** What the endpoint reads of an object of any kind; templates and a plugin's own objects have no Name. */
export interface StoredObject extends JsonObject {
  readonly Name?: string
  readonly Params?: JsonObject
}

const NONE: JsonObject = Object.freeze({})

/** The object's own params; none where its kind has no params. */
export function paramsOf({ Params }: StoredObject): JsonObject {
  return Params ?? NONE
}

/** The name, by which lists are sorted; the key where the kind has no names. */
export function nameOf(object: StoredObject): string {
  return object.Name ?? (textField(object, 'ID') || textField(object, 'Id'))
}

export function textField(object: JsonObject, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

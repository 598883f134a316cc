import type { JsonObject } from '@powerbus/drp'

/** What all kinds of objects have. */
export interface StoredObject extends JsonObject {
  readonly Name: string
  readonly Params: JsonObject
}

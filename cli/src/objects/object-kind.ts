import type { JsonObject } from '@powerbus/drp'
import type { Listing } from '../listing.ts'

/** A kind of objects that commands list, show and remove. */
export interface ObjectKind {
  /** In the API's paths. */
  readonly prefix: string
  /** The command's word for all of them. */
  readonly command: string
  /** What one of them is called. */
  readonly one: string
  readonly listing: Listing<JsonObject>
}

/** A field of an object as text; empty where it is absent. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

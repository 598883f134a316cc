import type { JsonObject } from '@powerbus/drp'

/** `Principal` of changes that the endpoint makes itself; others have `user:NAME` or `plugin:NAME`. */
export const ENDPOINT_PRINCIPAL = 'endpoint'

/** Prefix of a model, such as `machines`, or of a plugin's own objects (StoreObjects). */
export type Kind = string

export type ChangeAction = 'create' | 'update' | 'save' | 'delete'

/** One object's change, which is in the store already. */
export interface Change {
  /** Id of its event. */
  readonly id: string
  /** RFC 3339. */
  readonly time: string
  readonly kind: Kind
  /** `update`: asked for by a client. `save`: made by the endpoint itself. */
  readonly action: ChangeAction
  readonly key: string
  /** The object after the change; for `delete` before it. */
  readonly object: JsonObject
  /** The object before the change; undefined for `create`. */
  readonly original: JsonObject | undefined
  readonly principal: string
}

export type ChangeListener = (change: Change) => void

import type { JsonObject } from '@powerbus/drp'

/** Who asks for a change, as events name them in `Principal`: `user:NAME`, `plugin:NAME`, or the endpoint by itself. */
export const ENDPOINT_PRINCIPAL = 'endpoint'

export type ChangeAction = 'create' | 'update' | 'save' | 'delete'

/** One object that is not what it was, in the store as well. */
export interface Change {
  /** Of its event. */
  readonly id: string
  /** RFC 3339. */
  readonly time: string
  /** `machines`, `profiles`, `plugins`. */
  readonly kind: string
  /** `update` was asked for, `save` is the endpoint's own doing. */
  readonly action: ChangeAction
  readonly key: string
  /** As it is now; for `delete` as it was. */
  readonly object: JsonObject
  /** As it was; undefined for `create`. */
  readonly original: JsonObject | undefined
  readonly principal: string
}

export type ChangeListener = (change: Change) => void

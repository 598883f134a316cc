import { createHash } from 'node:crypto'
import type { JsonObject } from '@powerbus/drp'

/** What the bus takes of a part of a subject. */
const KEY_BYTES_MAX = 255

/** `start`: accepted; `end`: with its result; `error`. */
export type ActionPhase = 'start' | 'end' | 'error'

/** What tells one action from another. */
export interface ActionIdentity {
  /**
   * The same for each delivery of one ask, and another one for each ask: neither a correlation id, which many actions may share, nor
   * the param `power/request-id` alone, with which one is asked for until it has an end.
   */
  readonly id: string
  /** The provider's name. */
  readonly plugin: string
  readonly command: string
  /** As `actionEventKey` gives it. */
  readonly key: string
}

/**
 * The id of an action's event. Whoever tells of one action, the plugin that ran it or the endpoint that passed it on, gives its
 * events the same ids, and the bus makes them one: so both may tell, and if one of them dies the other has.
 */
export function actionEventId({ id, plugin, command, key }: ActionIdentity, phase: ActionPhase): string {
  const hash = createHash('sha256').update(JSON.stringify([id, plugin, command, key]))
  return `action-${hash.digest('hex').slice(0, 32)}-${phase}`
}

/** Whether an action's `Model` says that it is for no object: it is empty, or `system`. */
export function isSystem(kind: string): boolean {
  return kind === '' || kind === 'system'
}

/**
 * Key of an action's event: the object's Uuid or Name, a template's ID, or the Id of a plugin's own object; `global` for
 * a system action, as the profile that it gets.
 */
export function actionEventKey(kind: string, object: JsonObject): string {
  const key = isSystem(kind) ? 'global' : (object.Uuid ?? object.Name ?? object.ID ?? object.Id)
  return typeof key === 'string' ? cut(key) : ''
}

/** Whole characters only. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= KEY_BYTES_MAX) return text
  let kept = ''
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > KEY_BYTES_MAX) break
    kept += character
  }
  return kept
}

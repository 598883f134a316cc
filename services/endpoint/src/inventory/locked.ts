import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type Model } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { nameOf, type StoredObject } from './stored-object.ts'

/**
 * Throws OBJECT_CONFLICT where a client may not turn `present` into `next`, or remove it (`next` is undefined): a locked
 * object takes no change but one that unlocks it.
 */
export function checkLock({ prefix, fields }: Model, present: StoredObject, next?: unknown): void {
  if (fields.Locked === undefined || present.Locked !== true) return
  if (isJsonObject(next) && next.Locked === false) return
  if (isDeepStrictEqual(next, present)) return
  const text = `${prefix} ${nameOf(present)} is locked: set Locked to false first`
  throw new PowerbusError('OBJECT_CONFLICT', text)
}

import { groupOf } from '../store-input.ts'

export const PREFIX = 'powerbus:v1:'
const DATA = `${PREFIX}data:`

/** Redis key of a value. It keeps the beginning of `key`, so that SCAN can match a prefix. */
export function dataKey(key: string): string {
  return DATA + key
}

/** The caller's key of a Redis key that `dataKey` made. */
export function keyOfData(dataKey: string): string {
  return dataKey.slice(DATA.length)
}

/** SCAN pattern for the keys that begin with `prefix`; pattern characters in it are escaped. */
export function dataPattern(prefix: string): string {
  return `${DATA}${prefix.replace(/[*?[\]\\^-]/g, '\\$&')}*`
}

export type SideKey = 'lock' | 'fence' | 'line' | 'seen' | 'slot'

/**
 * Redis key for the lock, fence, line or slot of `key`, in the same cluster slot as the value. The group of `key` names
 * the slot; if `key` has no braces, the value's whole Redis key does.
 */
export function sideKey(kind: SideKey, key: string): string {
  const group = groupOf(key)
  return group === key ? `${PREFIX}${kind}:{${dataKey(key)}}` : `${PREFIX}${kind}:{${group}}${key}`
}

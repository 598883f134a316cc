import { groupOf } from '../store-input.ts'

export const PREFIX = 'powerbus:v1:'
const DATA = `${PREFIX}data:`

/** A value's own key: readable, and beginning as its prefix does, so that a scan can name it. */
export function dataKey(key: string): string {
  return DATA + key
}

/** The key of the caller. */
export function keyOfData(dataKey: string): string {
  return dataKey.slice(DATA.length)
}

/** For SCAN: everything that begins with `prefix`, whatever characters are in it. */
export function dataPattern(prefix: string): string {
  return `${DATA}${prefix.replace(/[*?[\]\\^-]/g, '\\$&')}*`
}

export type SideKey = 'lock' | 'fence' | 'line' | 'seen' | 'slot'

/**
 * A key beside a value's: Redis Cluster keeps it in the slot of the group. Where the key has no group of its own, the
 * group is the value's whole key, which is what its slot comes from.
 */
export function sideKey(kind: SideKey, key: string): string {
  const group = groupOf(key)
  return group === key ? `${PREFIX}${kind}:{${dataKey(key)}}` : `${PREFIX}${kind}:{${group}}${key}`
}

import { jsonText } from './exact-number.ts'
import type { Json } from './json.ts'
import type { Fence, LockRequest } from './lock/lock.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX, type WriteOptions } from './store.ts'
import { StoreError } from './store-error.ts'

export const GAP_MS_MAX = 3_600_000
const TTL_MS_MAX = 10 * 366 * 86_400_000
const LOCK_TTL_MS_MIN = 100
const LOCK_TTL_MS_MAX = 86_400_000

/** Throws STORE_INPUT. */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes === 0 || bytes > KEY_BYTES_MAX) {
    throw new StoreError('STORE_INPUT', `a key must have 1 to ${KEY_BYTES_MAX} bytes, this key has ${bytes}`)
  }
}

/** The JSON text of a value. Throws STORE_INPUT if JSON cannot express it or the text is too long. */
export function textOf(value: Json): string {
  const text = written(value)
  if (text === undefined) throw new StoreError('STORE_INPUT', 'a value must be expressible in JSON')
  if (Buffer.byteLength(text) > VALUE_BYTES_MAX) {
    throw new StoreError('STORE_INPUT', `a value must have at most ${VALUE_BYTES_MAX} bytes as JSON`)
  }
  return text
}

/** The group of a key, by which Redis Cluster picks its slot. Throws STORE_INPUT for unpaired or empty braces. */
export function groupOf(key: string): string {
  const tag = /^[^{]*\{([^}]+)\}/s.exec(key)?.[1]
  if (tag === undefined && /[{}]/.test(key)) {
    throw new StoreError('STORE_INPUT', 'braces in the key of a lock or slot must be a pair with text between them')
  }
  return tag ?? key
}

/** Throws STORE_INPUT. */
export function checkFence(key: string, fence: Fence | undefined): void {
  if (fence === undefined || groupOf(fence.key) === groupOf(key)) return
  throw new StoreError(
    'STORE_INPUT',
    `the key ${key} and the lock ${fence.key} must be of one group: put the same text in braces into both`,
  )
}

/** Throws STORE_INPUT. */
export function checkWrite(key: string, options: WriteOptions): void {
  checkKey(key)
  checkFence(key, options.fence)
  checkRange('ttlMs', options.ttlMs ?? 1, 1, TTL_MS_MAX)
}

/** Throws STORE_INPUT. */
export function checkLock(request: LockRequest): void {
  checkKey(request.key)
  groupOf(request.key)
  checkRange('ttlMs', request.ttlMs, LOCK_TTL_MS_MIN, LOCK_TTL_MS_MAX)
  checkRange('waitMs', request.waitMs, 0, Number.MAX_VALUE)
  const { key, slot } = request
  if (slot) checkSlot(slot.key, slot.gapMs, { key, number: 0 })
}

/** Throws STORE_INPUT. */
export function checkSlot(key: string, gapMs: number, fence: Fence | undefined): void {
  checkKey(key)
  groupOf(key)
  checkFence(key, fence)
  checkRange('gapMs', gapMs, 0, GAP_MS_MAX)
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw new StoreError('STORE_INPUT', `${name} is ${value}; it must be from ${least} to ${most}`)
}

function written(value: Json): string | undefined {
  try {
    return jsonText(value)
  } catch (cause) {
    // It is nested thousands of levels deep, or contains itself.
    throw new StoreError('STORE_INPUT', 'a value must be expressible in JSON', { cause })
  }
}

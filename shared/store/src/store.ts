import type { Json } from './json.ts'
import type { Fence, Lock, LockRequest } from './lock/lock.ts'

export interface Entry {
  readonly key: string
  readonly value: Json
}

export interface FenceOptions {
  /** Refused with STORE_FENCED once a newer fence of the same lock exists. The two keys must be of one group. */
  readonly fence?: Fence
}

export interface WriteOptions extends FenceOptions {
  /** Milliseconds, 1 to ten years, by the store's wall clock; after them the key is gone. For ever where absent. */
  readonly ttlMs?: number
}

/**
 * Values by key. Every driver keeps these promises (the conformance suite checks them):
 * a write is durable once its promise is fulfilled, as far as the driver's own documentation says; a write whose promise
 * is rejected may be kept or not, but a driver never shows it half; what comes out is a copy that the caller may change.
 * A key is 1 to 1024 bytes of UTF-8; a value up to 16 MiB as JSON text. The group of a key is what stands in its first pair
 * of braces, if there is something, and else the key itself: what one call touches must be of one group.
 * Every method rejects with a `StoreError`, and where it takes a signal, with the reason of that.
 */
export interface Store {
  /** The value, or undefined where there is none. */
  get(key: string): Promise<Json | undefined>
  /** Replaces value and time to live. */
  set(key: string, value: Json, options?: WriteOptions): Promise<void>
  /** Whether there was anything to delete. */
  delete(key: string, options?: FenceOptions): Promise<boolean>
  /**
   * Writes `value` only where the present value is `expected`; undefined stands for "no such key" on both sides.
   * Compared as JSON text, names in their order: pass what `get` gave. False where it was something else.
   */
  compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: WriteOptions,
  ): Promise<boolean>
  /** Every entry whose key begins with `prefix`, in no promised order; writes during the scan may be seen or not. */
  scan(prefix: string): AsyncIterable<Entry>
  /**
   * Waits for a lock, in order of arrival, and keeps it renewed until it is released or lost. Locks and values of the same
   * key do not touch each other. Rejects with LOCK_HELD (a `LockHeldError`) where it does not come in `waitMs`.
   */
  lock(request: LockRequest): Promise<Lock>
  /**
   * Books the next slot of a row whose slots are at least `gapMs` apart (0 to an hour), and answers how many milliseconds
   * from now it begins, by the store's clock: 0 where nobody had one so lately. A row may be forgotten when the embedded
   * store is opened again.
   */
  takeSlot(key: string, gapMs: number, options?: FenceOptions): Promise<number>
  /** Waits for the writes that were accepted; every later call rejects with STORE_CLOSED. Closing twice is fine. */
  close(): Promise<void>
}

export const KEY_BYTES_MAX = 1024
export const VALUE_BYTES_MAX = 16 * 1024 * 1024

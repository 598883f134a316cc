import type { Json } from './json.ts'
import type { Fence, Lock, LockRequest } from './lock/lock.ts'

export interface Entry {
  readonly key: string
  readonly value: Json
}

export interface FenceOptions {
  /**
   * The write is refused with STORE_FENCED once a newer fence of the same lock exists. Both keys must be of one group.
   */
  readonly fence?: Fence
}

export interface DeleteOptions extends FenceOptions {
  /**
   * True: the embedded store leaves the sync to its next write. The fulfilled write survives a kill of this process at
   * once, and a power cut from that next write or `close` on.
   */
  readonly deferSync?: boolean
}

export interface WriteOptions extends DeleteOptions {
  /** Time to live in milliseconds by the store's wall clock, 1 to ten years. Default: no expiry. */
  readonly ttlMs?: number
}

/**
 * Values by key. The conformance suite checks these promises of every driver. A write whose promise is fulfilled is
 * durable, as far as the driver's documentation says. A write whose promise is rejected may or may not be kept, but
 * never in part. Values are copies that the caller may change. A key has 1 to 1024 bytes of UTF-8; a value has at most
 * 16 MiB as JSON text. The group of a key is the text in its first pair of braces, or the whole key. The keys of one
 * call must be of one group. Every method rejects with a `StoreError`, or with the reason of a given signal.
 */
export interface Store {
  /** The value, or undefined if there is none. */
  get(key: string): Promise<Json | undefined>
  /** Replaces the value and its time to live. */
  set(key: string, value: Json, options?: WriteOptions): Promise<void>
  /** Deletes a value. False if there was none. */
  delete(key: string, options?: DeleteOptions): Promise<boolean>
  /**
   * Writes `value` if the present value is `expected`, else returns false. Undefined stands for "no such key" in both.
   * Values are compared as JSON text, in which the order of names counts: pass the value that `get` returned.
   */
  compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: WriteOptions,
  ): Promise<boolean>
  /** All entries whose key begins with `prefix`, in any order. Writes during the scan may or may not appear. */
  scan(prefix: string): AsyncIterable<Entry>
  /**
   * Waits for a lock in order of arrival, and renews it until it is released or lost. The lock and the value of one key
   * are independent. Rejects with LOCK_HELD (a `LockHeldError`) if the lock is not granted within `waitMs`.
   */
  lock(request: LockRequest): Promise<Lock>
  /**
   * Books the next slot of a row whose slots are at least `gapMs` apart (0 to 3,600,000), and returns the milliseconds
   * until it begins by the store's clock: 0 if the last slot is more than `gapMs` ago. The embedded store forgets rows
   * when it is closed.
   */
  takeSlot(key: string, gapMs: number, options?: FenceOptions): Promise<number>
  /** Waits for the accepted writes. Every later call rejects with STORE_CLOSED, except `close`. */
  close(): Promise<void>
}

export const KEY_BYTES_MAX = 1024
export const VALUE_BYTES_MAX = 16 * 1024 * 1024

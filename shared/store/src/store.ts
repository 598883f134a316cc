/** What a store keeps: anything JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export interface Entry {
  readonly key: string
  readonly value: Json
}

/**
 * Values by key. Every driver keeps these promises (the conformance suite checks them):
 * a write is durable once its promise is fulfilled; a write whose promise is rejected may be kept or not, but a driver
 * never shows it half; reads show only what is durable; what comes out is a copy that the caller may change.
 * A key is 1 to 1024 bytes of UTF-8; a value up to 16 MiB as JSON text.
 * Every method rejects with a `StoreError`.
 */
export interface Store {
  /** The value, or undefined where there is none. */
  get(key: string): Promise<Json | undefined>
  set(key: string, value: Json): Promise<void>
  /** Whether there was anything to delete. */
  delete(key: string): Promise<boolean>
  /**
   * Writes `value` only where the present value is `expected`; undefined stands for "no such key" on both sides.
   * Compared as JSON text, names in their order: pass what `get` gave. False where it was something else.
   */
  compareAndSet(key: string, expected: Json | undefined, value: Json | undefined): Promise<boolean>
  /** Every entry whose key begins with `prefix`, in no promised order; writes during the scan may be seen or not. */
  scan(prefix: string): AsyncIterable<Entry>
  /** Waits for the writes that were accepted; every later call rejects with STORE_CLOSED. Closing twice is fine. */
  close(): Promise<void>
}

export const KEY_BYTES_MAX = 1024
export const VALUE_BYTES_MAX = 16 * 1024 * 1024

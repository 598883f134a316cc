import type { Json, Store } from '@powerbus/store'

/** Writes of one change. */
export interface Writer {
  set(key: string, value: Json): Promise<void>
  delete(key: string): Promise<void>
}

/** How the objects in memory and those in the store are kept the same. */
export interface Sharing {
  /** What every key of an object begins with. */
  readonly prefix: string
  /** Runs one change. Meanwhile nobody changes anything, and what is in memory is what is stored. */
  alone<R>(work: (writer: Writer) => Promise<R>): Promise<R>
  /** Makes what is in memory what is stored, as far as that was acknowledged to anybody before the call. */
  refresh(): Promise<void>
}

/** A store that no other endpoint has open: what is in memory is all there is. */
export function unshared(store: Store): Sharing {
  const writer: Writer = {
    set: (key, value) => store.set(key, value),
    delete: async (key) => void (await store.delete(key)),
  }
  return { prefix: '', alone: (work) => work(writer), refresh: async () => undefined }
}

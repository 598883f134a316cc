import type { Json, Store } from '@powerbus/store'
import type { Change } from './change.ts'
import type { ChangeNotes } from './change-notes.ts'

/** `change` is given where the write must be followed by an event. */
export interface Writer {
  /** Whether writes of different keys may be under way at a time. */
  readonly isConcurrent: boolean
  set(key: string, value: Json, change?: Change): Promise<void>
  delete(key: string, change?: Change): Promise<void>
}

/** Keeps something in memory equal to the store. */
export interface Follower {
  /** Takes over the present value of a key; undefined where it was removed. Ignores keys that are not its own. */
  apply(key: string, value: Json | undefined): void
  /** Reads all again. */
  reload(): Promise<void>
}

/** Keeps the objects in memory equal to those in the store. */
export interface Sharing {
  /** Prefix of the store keys of all objects. */
  readonly prefix: string
  /** Runs one change while no other runs and memory equals the store. */
  alone<R>(work: (writer: Writer) => Promise<R>): Promise<R>
  /** Reads every change into memory that was acknowledged before the call. */
  refresh(): Promise<void>
}

/** For a store that no other endpoint uses. */
export function unshared(store: Store, notes: ChangeNotes | undefined): Sharing {
  const noted = async (key: string, change: Change | undefined, write: () => Promise<unknown>) => {
    if (change === undefined) {
      await write()
      return
    }
    // A failed note matters only if the endpoint dies before the event is published.
    const [, written] = await Promise.allSettled([notes?.add(key, change), write()])
    if (written.status === 'fulfilled') return
    await Promise.allSettled([notes?.remove(change.id)])
    throw written.reason
  }
  const writer: Writer = {
    isConcurrent: true,
    set: (key, value, change) => noted(key, change, () => store.set(key, value)),
    delete: (key, change) => noted(key, change, () => store.delete(key)),
  }
  return { prefix: '', alone: (work) => work(writer), refresh: async () => undefined }
}

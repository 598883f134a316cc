import type { Json, Store } from '@powerbus/store'
import type { Change } from './change.ts'
import type { ChangeNotes } from './change-notes.ts'

/** Writes one change. */
export interface Writer {
  set(key: string, value: Json, change: Change): Promise<void>
  delete(key: string, change: Change): Promise<void>
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
export function unshared(store: Store, notes: ChangeNotes | undefined): Sharing {
  const noted = async (key: string, change: Change, write: () => Promise<unknown>) => {
    // A note that fails is missed only by an endpoint that dies before its event is out.
    const [, written] = await Promise.allSettled([notes?.add(key, change), write()])
    if (written.status === 'fulfilled') return
    await Promise.allSettled([notes?.told(change.id)])
    throw written.reason
  }
  const writer: Writer = {
    set: (key, value, change) => noted(key, change, () => store.set(key, value)),
    delete: (key, change) => noted(key, change, () => store.delete(key)),
  }
  return { prefix: '', alone: (work) => work(writer), refresh: async () => undefined }
}

import { isDeepStrictEqual } from 'node:util'
import { type Json, jsonText, readJson, type Store } from '@powerbus/store'
import type { Change } from './change.ts'

const KEYS = 'change-note/'
const NUMBER_DIGITS = 16

/** A change with the key of its object in the store. */
interface Note {
  readonly key: string
  readonly change: Change
}

/**
 * Keeps a note of each change in the store until the change's event is on the bus, so that an endpoint that dies before
 * that publishes the event after its restart. The note is written before its change and in the same batch, since the
 * store keeps the order of one process's writes. If the object differs from its last note, that change was not made.
 * Only for a store that no other endpoint uses.
 */
export class ChangeNotes {
  readonly #store: Store
  /** Store keys of the notes by the id of the change. */
  readonly #keys = new Map<string, string>()
  #number: number

  private constructor(store: Store, number: number) {
    this.#store = store
    this.#number = number
  }

  /** `pending` are changes whose event an earlier process may not have published, in order. Throws StoreError. */
  static async open(store: Store): Promise<{ readonly notes: ChangeNotes; readonly pending: readonly Change[] }> {
    const found: { number: number; note: Note }[] = []
    for await (const { key, value } of store.scan(KEYS)) {
      found.push({ number: Number(key.slice(KEYS.length)), note: value as unknown as Note })
    }
    found.sort((a, b) => a.number - b.number)
    const notes = new ChangeNotes(store, found.at(-1)?.number ?? 0)
    const pending: Change[] = []
    for (const [index, { number, note }] of found.entries()) {
      notes.#keys.set(note.change.id, noteKey(number))
      // A change with a later note of the same object was made.
      const isLast = !found.slice(index + 1).some((later) => later.note.key === note.key)
      if (!isLast || (await isMade(store, note))) pending.push(note.change)
      else await notes.remove(note.change.id)
    }
    return { notes, pending }
  }

  /** Must be called before the change is written; the writer need not await it. */
  async add(key: string, change: Change): Promise<void> {
    this.#number += 1
    const own = noteKey(this.#number)
    this.#keys.set(change.id, own)
    // JSON drops undefined members, which the store refuses.
    await this.#store.set(own, readJson(jsonText({ key, change }) ?? 'null') as Json)
  }

  /** Removes the note of a change that is published or was not made. Throws StoreError. */
  async remove(id: string): Promise<void> {
    const key = this.#keys.get(id)
    if (key === undefined) return
    this.#keys.delete(id)
    await this.#store.delete(key)
  }
}

async function isMade(store: Store, { key, change }: Note): Promise<boolean> {
  const present = await store.get(key)
  if (change.action === 'delete') return present === undefined
  return isDeepStrictEqual(present, change.object)
}

function noteKey(number: number): string {
  return KEYS + String(number).padStart(NUMBER_DIGITS, '0')
}

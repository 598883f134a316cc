import { isDeepStrictEqual } from 'node:util'
import type { Json, Store } from '@powerbus/store'
import type { Change } from './change.ts'

const KEYS = 'change-note/'
const NUMBER_DIGITS = 16

/** A change with the key of its object in the store. */
interface Note {
  readonly key: string
  readonly change: Change
}

/**
 * Each change stands in the store, beside the object that it changes, until its event is on the bus: so an endpoint that dies in between
 * tells of it when it is there again. A note is written before its change, in the same batch of the store, which keeps the order of what
 * one process writes; a note without its change is known by the object, which is not what the note says. For a store that no other
 * endpoint has open.
 */
export class ChangeNotes {
  readonly #store: Store
  /** Keys of notes by the id of their change. */
  readonly #keys = new Map<string, string>()
  #number: number

  private constructor(store: Store, number: number) {
    this.#store = store
    this.#number = number
  }

  /** With the changes that an earlier process made and perhaps did not tell of, in their order. Throws StoreError. */
  static async open(store: Store): Promise<{ readonly notes: ChangeNotes; readonly untold: readonly Change[] }> {
    const found: { number: number; note: Note }[] = []
    for await (const { key, value } of store.scan(KEYS)) {
      found.push({ number: Number(key.slice(KEYS.length)), note: value as unknown as Note })
    }
    found.sort((a, b) => a.number - b.number)
    const notes = new ChangeNotes(store, found.at(-1)?.number ?? 0)
    const untold: Change[] = []
    for (const [index, { number, note }] of found.entries()) {
      notes.#keys.set(note.change.id, noteKey(number))
      // One that was followed by another of the same object had been made.
      const isLast = !found.slice(index + 1).some((later) => later.note.key === note.key)
      if (!isLast || (await isMade(store, note))) untold.push(note.change)
      else await notes.told(note.change.id)
    }
    return { notes, untold }
  }

  /** Called before the change's own write, and not waited for before that. */
  async add(key: string, change: Change): Promise<void> {
    this.#number += 1
    const own = noteKey(this.#number)
    this.#keys.set(change.id, own)
    // Without undefined members, which JSON does not know.
    await this.#store.set(own, JSON.parse(JSON.stringify({ key, change })) as Json)
  }

  /** Its event is on the bus, or the change was not made. Throws StoreError. */
  async told(id: string): Promise<void> {
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

import { SortedList } from '../sorted-list.ts'

/** By UTF-16 units: the keys that begin with one prefix are neighbours. */
const isBefore = (a: string, b: string) => a < b

/** Keys in order, so that those of a prefix are found without a look at others. Made by the first look. */
export class KeyIndex {
  readonly #entries: ReadonlyMap<string, unknown>
  #keys: SortedList<string> | undefined

  /** The owner of `entries` must add and delete their keys here too. */
  constructor(entries: ReadonlyMap<string, unknown>) {
    this.#entries = entries
  }

  add(key: string): void {
    this.#keys?.add(key)
  }

  delete(key: string): void {
    this.#keys?.delete(key)
  }

  /** The keys that begin with `prefix`, in order. Keys may be added and deleted meanwhile. */
  *under(prefix: string): Generator<string> {
    this.#keys ??= new SortedList(isBefore, this.#entries.keys())
    for (const key of this.#keys.from((other) => other < prefix)) {
      if (!key.startsWith(prefix)) return
      yield key
    }
  }
}

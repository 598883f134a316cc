import { SortedList } from '@powerbus/store'
import type { ListIndex } from './list-index.ts'
import type { StoredObject } from './stored-object.ts'

/** Objects that may have one of the wanted values. */
export interface Candidates<T> {
  /** An object with several of them is counted for each. */
  readonly count: number
  /** Whether all of them have one. */
  readonly isExact: boolean
  /** At most `limit` of them from `offset` on, by name. */
  slice(offset: number, limit: number): T[]
}

/** Objects by their own values of one index. */
export class ValueIndex<T extends StoredObject> {
  readonly #index: ListIndex
  readonly #isBefore: (a: StoredObject, b: StoredObject) => boolean
  /** A value that one object has is the rule. */
  readonly #byValue = new Map<string, T | SortedList<T>>()
  /** Objects whose value is long, or no scalar. */
  readonly #others: SortedList<T>
  /** Objects without a value of their own; a profile may give them one. */
  readonly #absent: SortedList<T>

  /** `isBefore`: the order by name. */
  constructor(index: ListIndex, isBefore: (a: StoredObject, b: StoredObject) => boolean) {
    this.#index = index
    this.#isBefore = isBefore
    this.#others = new SortedList<T>(isBefore)
    this.#absent = new SortedList<T>(isBefore)
  }

  /** Whether any object has a value of its own. */
  get hasValues(): boolean {
    return this.#byValue.size > 0 || this.#others.size > 0
  }

  /** An object that is there already is not added again. Always true: every object has a place. */
  add(object: T): boolean {
    for (const place of this.#placesOf(object)) {
      if (typeof place === 'string') this.#byValue.set(place, this.#joined(this.#byValue.get(place), object))
      else place.add(object)
    }
    return true
  }

  remove(object: T): void {
    for (const place of this.#placesOf(object)) {
      if (typeof place === 'string') this.#removeFrom(place, object)
      else place.delete(object)
    }
  }

  /** The objects whose value may equal one of the texts; with `isInherited` also those that have none of their own. */
  find(wanted: readonly string[], isInherited: boolean): Candidates<T> {
    const places = new Set(wanted.flatMap((text) => this.#index.values.places(text)))
    const unsure = [this.#others, ...(isInherited ? [this.#absent] : [])].filter(({ size }) => size > 0)
    const found = [...places].flatMap((place) => this.#byValue.get(place) ?? [])
    const lists = [...found, ...unsure]
    const count = lists.reduce<number>((sum, list) => sum + (list instanceof SortedList ? list.size : 1), 0)
    const [first] = lists
    const isOne = lists.length === 1 && first instanceof SortedList
    const isBefore = this.#isBefore
    return {
      count,
      isExact: unsure.length === 0 && (found.length <= 1 || !this.#index.isList),
      slice(offset, limit) {
        if (isOne) return first.slice(offset, limit)
        const all = lists.flatMap((list) => (list instanceof SortedList ? list.slice(0, list.size) : [list]))
        return new SortedList(isBefore, [...new Set(all)]).slice(offset, limit)
      },
    }
  }

  #placesOf(object: T): readonly (string | SortedList<T>)[] {
    const { isList, values } = this.#index
    const value = this.#index.own(object)
    if (value === undefined) return [this.#absent]
    const members: readonly unknown[] = isList && Array.isArray(value) ? value : [value]
    return [...new Set(members.map((member) => values.place(member) ?? this.#others))]
  }

  #removeFrom(place: string, object: T): void {
    const present = this.#byValue.get(place)
    if (present instanceof SortedList) present.delete(object)
    if (present instanceof SortedList ? present.size === 0 : present === object) this.#byValue.delete(place)
  }

  #joined(present: T | SortedList<T> | undefined, object: T): T | SortedList<T> {
    if (present === undefined || present === object) return object
    if (!(present instanceof SortedList)) return new SortedList(this.#isBefore, [present, object])
    present.add(object)
    return present
  }
}

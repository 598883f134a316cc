import { SortedList } from '@powerbus/store'
import { fieldOrParam } from './filter.ts'
import { paramsOf, type StoredObject } from './stored-object.ts'

/** Longer texts are not indexed. */
const TEXT_CHARACTERS_MAX = 256

/** Objects that may have one of the wanted values. */
export interface Candidates<T> {
  readonly count: number
  /** Whether all of them have one. */
  readonly isExact: boolean
  /** At most `limit` of them from `offset` on, by name. */
  slice(offset: number, limit: number): T[]
}

/** Objects by their own value of one field or param. */
export class ValueIndex<T extends StoredObject> {
  readonly #name: string
  readonly #isBefore: (a: StoredObject, b: StoredObject) => boolean
  /** A value that one object has is the rule. */
  readonly #byValue = new Map<string, T | SortedList<T>>()
  /** Objects whose value is long, or no scalar. */
  readonly #others: SortedList<T>
  /** Objects without a value of their own; a profile may give them one. */
  readonly #absent: SortedList<T>

  /** `isBefore`: the order by name. */
  constructor(name: string, isBefore: (a: StoredObject, b: StoredObject) => boolean) {
    this.#name = name
    this.#isBefore = isBefore
    this.#others = new SortedList<T>(isBefore)
    this.#absent = new SortedList<T>(isBefore)
  }

  /** An object that is there already is not added again. Always true: every object has a place. */
  add(object: T): boolean {
    const value = fieldOrParam(object, paramsOf(object), this.#name)
    const place = placeOf(value)
    if (place === undefined) (value === undefined ? this.#absent : this.#others).add(object)
    else if (place !== '') this.#byValue.set(place, this.#joined(this.#byValue.get(place), object))
    return true
  }

  remove(object: T): void {
    const value = fieldOrParam(object, paramsOf(object), this.#name)
    const place = placeOf(value)
    if (place === undefined) {
      ;(value === undefined ? this.#absent : this.#others).delete(object)
      return
    }
    const present = this.#byValue.get(place)
    if (present instanceof SortedList) present.delete(object)
    if (present instanceof SortedList ? present.size === 0 : present === object) this.#byValue.delete(place)
  }

  /** The objects whose value may equal one of the texts; with `isAggregated` also those that a profile may give one. */
  find(wanted: readonly string[], isAggregated: boolean): Candidates<T> {
    const places = new Set(wanted.flatMap(placesOf))
    const unsure = [this.#others, ...(isAggregated ? [this.#absent] : [])].filter(({ size }) => size > 0)
    const found = [...places].flatMap((place) => this.#byValue.get(place) ?? [])
    const lists = [...found, ...unsure]
    const count = lists.reduce<number>((sum, list) => sum + (list instanceof SortedList ? list.size : 1), 0)
    const [first] = lists
    const isOne = lists.length === 1 && first instanceof SortedList
    const isBefore = this.#isBefore
    return {
      count,
      isExact: unsure.length === 0,
      slice(offset, limit) {
        if (isOne) return first.slice(offset, limit)
        const all = lists.flatMap((list) => (list instanceof SortedList ? list.slice(0, list.size) : [list]))
        return new SortedList(isBefore, all).slice(offset, limit)
      },
    }
  }

  #joined(present: T | SortedList<T> | undefined, object: T): T | SortedList<T> {
    if (present === undefined || present === object) return object
    if (!(present instanceof SortedList)) return new SortedList(this.#isBefore, [present, object])
    present.add(object)
    return present
  }
}

/** Empty for null, which equals no text; undefined for what is not indexed. */
function placeOf(value: unknown): string | undefined {
  if (value === null) return ''
  // Zero and minus zero are equal.
  if (typeof value === 'number') return `n${value + 0}`
  if (typeof value === 'boolean') return `t${value}`
  return typeof value === 'string' && value.length <= TEXT_CHARACTERS_MAX ? `t${value}` : undefined
}

/** The places of the values that equal a text: the text, and the number that it stands for. */
function placesOf(text: string): string[] {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  return [`t${text}`, ...(Number.isNaN(number) ? [] : [`n${number + 0}`])]
}

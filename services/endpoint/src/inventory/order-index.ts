import { SortedList } from '@powerbus/store'
import type { ListIndex } from './list-index.ts'
import type { StoredObject } from './stored-object.ts'
import { compareAll, type SortKey } from './value-kinds.ts'

/** Longer texts are not kept. */
const TEXT_CHARACTERS_MAX = 256

interface Placed<T> {
  readonly object: T
  readonly keys: readonly SortKey[]
}

/** Objects in the order of their own values of some fields or params. */
export class OrderIndex<T extends StoredObject> {
  readonly #indexes: readonly ListIndex[]
  readonly #placed: SortedList<Placed<T>>
  /** Number of objects that lack one of the values; a profile may give it. */
  #lacking = 0

  /** `isBefore`: the order by name, for objects with equal values. */
  constructor(indexes: readonly ListIndex[], isBefore: (a: StoredObject, b: StoredObject) => boolean) {
    this.#indexes = indexes
    this.#placed = new SortedList((a, b) => {
      const sign = compareAll(a.keys, b.keys)
      return sign < 0 || (sign === 0 && isBefore(a.object, b.object))
    })
  }

  get count(): number {
    return this.#placed.size
  }

  /** Whether the order also holds with the params that profiles give. */
  get isWhole(): boolean {
    return this.#lacking === 0
  }

  /** False for an object with a long value, or one that is no scalar: it has no place. */
  add(object: T): boolean {
    const values = this.#valuesOf(object)
    if (!values.every(isShort)) return false
    if (this.#placed.add({ object, keys: this.#keysOf(values) }) && values.includes(undefined)) this.#lacking += 1
    return true
  }

  remove(object: T): void {
    const values = this.#valuesOf(object)
    if (!values.every(isShort)) return
    if (this.#placed.delete({ object, keys: this.#keysOf(values) }) && values.includes(undefined)) this.#lacking -= 1
  }

  slice(offset: number, limit: number): T[] {
    return this.#placed.slice(offset, limit).map(({ object }) => object)
  }

  #valuesOf(object: T): unknown[] {
    return this.#indexes.map((index) => index.own(object))
  }

  #keysOf(values: readonly unknown[]): SortKey[] {
    return this.#indexes.map((index, at) => index.values.sortKey(values[at]))
  }
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= TEXT_CHARACTERS_MAX
  return typeof value !== 'object' || value === null
}

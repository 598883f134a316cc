import { SortedList } from '@powerbus/store'
import type { ListIndex } from './list-index.ts'
import { OrderIndex } from './order-index.ts'
import { Pace } from './pace.ts'
import { nameOf, type StoredObject } from './stored-object.ts'
import { ValueIndex } from './value-index.ts'

/** Most indexes of each kind; the one that was not asked for longest goes. */
const INDEXES_MAX = 8

interface Index<T> {
  /** False: the index is of no use any more. */
  add(object: T): boolean
  remove(object: T): void
}

interface Kept<I> {
  readonly index: I
  /** False: it came to nothing. */
  readonly built: Promise<boolean>
}

/**
 * Objects in the order of their names, and indexes by the values that lists ask for. An index is built when it is first
 * asked for, and then follows the changes.
 */
export class ObjectIndex<T extends StoredObject> {
  readonly byName: SortedList<T>
  readonly #isBefore: (a: StoredObject, b: StoredObject) => boolean
  readonly #values = new Map<string, Kept<ValueIndex<T>>>()
  readonly #orders = new Map<string, Kept<OrderIndex<T>>>()

  constructor(keyOf: (object: StoredObject) => string) {
    this.#isBefore = (a, b) => {
      const [name, other] = [nameOf(a), nameOf(b)]
      // Two objects may have one name while another endpoint's changes are taken over one by one.
      return name < other || (name === other && keyOf(a) < keyOf(b))
    }
    this.byName = new SortedList<T>(this.#isBefore)
  }

  /** Takes over a change: `previous` must be there, and `next` must not. */
  replace(previous: T | undefined, next: T | undefined): void {
    if (previous !== undefined) this.byName.delete(previous)
    if (next !== undefined) this.byName.add(next)
    for (const { index } of this.#values.values()) follow(index, previous, next)
    for (const [name, { index }] of this.#orders) if (!follow(index, previous, next)) this.#orders.delete(name)
  }

  /** The objects by their own values of an index; undefined where there is no such index for now. */
  async values(index: ListIndex): Promise<ValueIndex<T> | undefined> {
    return await asked(this.#values, index.name, () => this.#begun(new ValueIndex(index, this.#isBefore)))
  }

  /** The objects in the order of their own values; undefined where one has a value that is long or no scalar. */
  async order(indexes: readonly ListIndex[]): Promise<OrderIndex<T> | undefined> {
    const key = JSON.stringify(indexes.map(({ name }) => name))
    return await asked(this.#orders, key, () => this.#begun(new OrderIndex(indexes, this.#isBefore)))
  }

  #begun<I extends Index<T>>(index: I): Kept<I> {
    return { index, built: this.#build(index) }
  }

  /** Changes are taken over meanwhile, so an object may be added twice. */
  async #build(index: Index<T>): Promise<boolean> {
    const pace = new Pace()
    for (const object of this.byName) {
      if (!index.add(object)) return false
      await pace.step()
    }
    return true
  }
}

function follow<T>(index: Index<T>, previous: T | undefined, next: T | undefined): boolean {
  if (previous !== undefined) index.remove(previous)
  return next === undefined || index.add(next)
}

/** The index of that key, once it is built, unless it has had to go meanwhile. */
async function asked<I>(all: Map<string, Kept<I>>, key: string, make: () => Kept<I>): Promise<I | undefined> {
  const kept = all.get(key) ?? make()
  all.delete(key)
  all.set(key, kept)
  const [oldest] = all.keys()
  if (all.size > INDEXES_MAX && oldest !== undefined) all.delete(oldest)
  const isOfUse = await kept.built
  if (all.get(key) !== kept) return undefined
  if (isOfUse) return kept.index
  all.delete(key)
  return undefined
}

/** An entry with a due time; it belongs to at most one DueQueue. */
export interface Due {
  /** Milliseconds on the queue's clock. */
  dueMs: number
  /** Index in the heap, maintained by the queue; -1 outside it. */
  place: number
}

/**
 * A binary heap ordered by `dueMs`. Entries know their index, so moving an entry costs O(log n) and allocates nothing.
 */
export class DueQueue<T extends Due> {
  readonly #heap: T[] = []

  get first(): T | undefined {
    return this.#heap[0]
  }

  /** Adds the entry, or moves it to its new time. */
  schedule(entry: T, dueMs: number): void {
    entry.dueMs = dueMs
    if (entry.place < 0) {
      entry.place = this.#heap.length
      this.#heap.push(entry)
    }
    this.#settle(entry)
  }

  remove(entry: T): void {
    const { place } = entry
    if (place < 0) return
    entry.place = -1
    const last = this.#heap.pop()
    if (last === undefined || last === entry) return
    this.#put(last, place)
    this.#settle(last)
  }

  #settle(entry: T): void {
    this.#rise(entry)
    this.#sink(entry)
  }

  #rise(entry: T): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]
      if (parent === undefined || parent.dueMs <= entry.dueMs) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: T): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = right !== undefined && left !== undefined && right.dueMs < left.dueMs ? right : left
      if (child === undefined || child.dueMs >= entry.dueMs) return
      this.#swap(child, entry)
    }
  }

  #swap(a: T, b: T): void {
    const { place } = a
    this.#put(a, b.place)
    this.#put(b, place)
  }

  #put(entry: T, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }
}

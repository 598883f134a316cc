/** Something that wants to be woken; it belongs to one DueQueue at most. */
export interface Due {
  /** Milliseconds on the queue's clock. */
  dueMs: number
  /** Place in the queue, kept by the queue; -1 outside of it. */
  place: number
}

/** A binary heap by `dueMs` whose entries know their place, so that moving one costs log n and leaves no garbage. */
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

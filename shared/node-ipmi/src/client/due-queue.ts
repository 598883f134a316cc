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
    return this.#heap.length > 0 ? this.#heap[0] : undefined
  }

  /** Adds the entry, or moves it to its new time. */
  schedule(entry: T, dueMs: number): void {
    entry.dueMs = dueMs
    if (entry.place < 0) entry.place = this.#heap.push(entry) - 1
    this.#settle(entry)
  }

  remove(entry: T): void {
    const { place } = entry
    if (place < 0) return
    entry.place = -1
    const last = this.#heap.pop()
    if (last === undefined || last === entry) return
    last.place = place
    this.#settle(last)
  }

  /** Moves the entry from its place up or down to where it belongs. */
  #settle(entry: T): void {
    const heap = this.#heap
    const { dueMs } = entry
    let at = entry.place
    while (at > 0) {
      const parent = heap[(at - 1) >> 1] as T
      if (parent.dueMs <= dueMs) break
      heap[at] = parent
      parent.place = at
      at = (at - 1) >> 1
    }
    for (let below = 2 * at + 1; below < heap.length; below = 2 * at + 1) {
      const right = below + 1
      if (right < heap.length && (heap[right] as T).dueMs < (heap[below] as T).dueMs) below = right
      const child = heap[below] as T
      if (child.dueMs >= dueMs) break
      heap[at] = child
      child.place = at
      at = below
    }
    heap[at] = entry
    entry.place = at
  }
}

/** Items of a chunk from which it is divided. */
const CHUNK_MAX = 512

interface Order<T> {
  /** A method, so that a list of a narrower type is a list of a wider one. */
  isBefore(a: T, b: T): boolean
}

/**
 * Items in order, each once. Looking up, adding and removing take time that grows with the logarithm of the size; a new
 * item moves at most 512 others. It may change while it is read.
 */
export class SortedList<T> {
  readonly #order: Order<T>
  /** None is empty. */
  readonly #chunks: T[][] = []
  #size = 0
  /** Counts the changes. */
  #version = 0

  /** Two items of which none is before the other are the same. */
  constructor(isBefore: (a: T, b: T) => boolean, items: Iterable<T> = []) {
    this.#order = { isBefore }
    for (const item of [...items].sort((a, b) => Number(isBefore(b, a)) - Number(isBefore(a, b)))) this.add(item)
  }

  get size(): number {
    return this.#size
  }

  /** False where it is there already; then it is not replaced. */
  add(item: T): boolean {
    const last = this.#chunks.at(-1)?.at(-1)
    if (last === undefined || this.#order.isBefore(last, item)) {
      this.#insert(item, this.#chunks.length, 0)
      return true
    }
    const { chunk: at, index } = this.#seek((other) => this.#order.isBefore(other, item))
    const found = this.#chunks[at]?.[index]
    if (found !== undefined && !this.#order.isBefore(item, found)) return false
    this.#insert(item, at, index)
    return true
  }

  /** False where it is not there. */
  delete(item: T): boolean {
    const { chunk: at, index } = this.#seek((other) => this.#order.isBefore(other, item))
    const chunk = this.#chunks[at]
    const found = chunk?.[index]
    if (chunk === undefined || found === undefined || this.#order.isBefore(item, found)) return false
    if (chunk.length === 1) this.#chunks.splice(at, 1)
    // A shift moves nothing: queues lose their first items.
    else if (index === 0) chunk.shift()
    else chunk.splice(index, 1)
    this.#size -= 1
    this.#version += 1
    return true
  }

  /**
   * The items from the first one that is not `before` the start, in order; all by default. `before` must hold for the
   * first items alone. An item that is there all the while is given once, whatever changes meanwhile.
   */
  *from(before: (item: T) => boolean = () => false): Generator<T> {
    let version = this.#version
    let { chunk, index } = this.#seek(before)
    for (;;) {
      const items = this.#chunks[chunk]
      if (items === undefined) return
      if (index === items.length) {
        chunk += 1
        index = 0
        continue
      }
      const item = items[index] as T
      yield item
      index += 1
      if (version === this.#version) continue
      version = this.#version
      const next = this.#seek((other) => !this.#order.isBefore(item, other))
      chunk = next.chunk
      index = next.index
    }
  }

  /** At most `limit` items from the one at `offset` on. */
  slice(offset: number, limit: number): T[] {
    const found: T[] = []
    let start = offset
    for (const items of this.#chunks) {
      if (found.length >= limit) break
      if (start < items.length) found.push(...items.slice(start, start + limit - found.length))
      start = Math.max(0, start - items.length)
    }
    return found
  }

  [Symbol.iterator](): Generator<T> {
    return this.from()
  }

  /** Place of the first item that is not `before`; past the last chunk where there is none. */
  #seek(before: (item: T) => boolean): { readonly chunk: number; readonly index: number } {
    const chunk = partition(this.#chunks, (items) => before(items.at(-1) as T))
    const items = this.#chunks[chunk]
    return { chunk, index: items === undefined ? 0 : partition(items, before) }
  }

  #insert(item: T, at: number, index: number): void {
    // Before the first item of a chunk is after the last one of the chunk before.
    const own = index === 0 && at > 0 ? at - 1 : at
    const chunk = this.#chunks[own]
    if (chunk === undefined) this.#chunks.push([item])
    else {
      if (own === at) chunk.splice(index, 0, item)
      else chunk.push(item)
      if (chunk.length > CHUNK_MAX) this.#divide(own, chunk)
    }
    this.#size += 1
    this.#version += 1
  }

  #divide(at: number, chunk: T[]): void {
    // Where items come in order, the chunks stay full.
    const isLast = at === this.#chunks.length - 1
    this.#chunks.splice(at + 1, 0, chunk.splice(isLast ? chunk.length - 1 : chunk.length >> 1))
  }
}

/** The number of the first items for which `before` holds. */
function partition<T>(items: readonly T[], before: (item: T) => boolean): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (before(items[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}

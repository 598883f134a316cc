/** The last so many ids, and up to as many of those before. */
export class RecentIds {
  readonly #count: number
  #ids = new Set<string>()
  #older = new Set<string>()

  constructor(count: number) {
    this.#count = count
  }

  has(id: string): boolean {
    return this.#ids.has(id) || this.#older.has(id)
  }

  add(id: string): void {
    this.#ids.add(id)
    if (this.#ids.size < this.#count) return
    this.#older = this.#ids
    this.#ids = new Set()
  }
}

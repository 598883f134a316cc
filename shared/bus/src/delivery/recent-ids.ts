/** The last so many ids. */
export class RecentIds {
  readonly #count: number
  readonly #ids = new Set<string>()

  constructor(count: number) {
    this.#count = count
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  add(id: string): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= this.#count) return
    const [oldest] = this.#ids
    if (oldest !== undefined) this.#ids.delete(oldest)
  }

  delete(id: string): void {
    this.#ids.delete(id)
  }
}

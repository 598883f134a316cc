/** So many may be inside at a time; the others wait in the order in which they came. */
export class Slots {
  readonly #count: number
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(count: number) {
    this.#count = count
  }

  get taken(): number {
    return this.#taken
  }

  async take(): Promise<void> {
    if (this.#taken < this.#count) {
      this.#taken += 1
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The slot goes to the next one that waits. */
  free(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken -= 1
  }
}

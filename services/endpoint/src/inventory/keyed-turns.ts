/** As Turns, for each key by itself: what is done for one waits for nothing that is done for another. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<R>(key: string, work: () => Promise<R>): Promise<R> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work)
    this.#last.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }

  /** What was asked for until now has ended, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }
}

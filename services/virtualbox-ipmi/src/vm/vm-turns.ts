/** One piece of work at a time for each VM, in order of arrival; those of different VMs at once. */
export class VmTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Rejects as `work` does; the next one comes all the same. `id` in either case. */
  run<T>(id: string, work: () => Promise<T>): Promise<T> {
    const key = id.toUpperCase()
    const before = this.#last.get(key) ?? Promise.resolve()
    const mine = before.then(work)
    const settled = mine.then(
      () => undefined,
      // Whoever asked for it is told by `mine`.
      () => undefined,
    )
    this.#last.set(key, settled)
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    })
    return mine
  }

  /** When everything that was asked for until now has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}

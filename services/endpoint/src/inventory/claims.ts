/** Names that are in use as long as some work takes, such as those of objects that are being written side by side. */
export class Claims {
  readonly #works = new Map<string, Promise<void>>()

  /**
   * The work for which one of the names is in use. Who waits for its end must ask again in the same turn in which it
   * claims the names: others may have waited, too.
   */
  workOf(names: readonly string[]): Promise<void> | undefined {
    for (const name of names) {
      const work = this.#works.get(name)
      if (work !== undefined) return work
    }
    return undefined
  }

  /** Has the names in use until the work ends. */
  async during(names: readonly string[], work: Promise<void>): Promise<void> {
    for (const name of names) this.#works.set(name, work)
    try {
      await work
    } finally {
      for (const name of names) this.#works.delete(name)
    }
  }
}

/** Changes that wait for the store together: at most so many are written side by side. */
const MOST = 64

interface Waiting<V, R> {
  readonly value: V
  resolve(result: R): void
  reject(error: unknown): void
}

/** How one of a batch ends. */
export type BatchEnd<R> = PromiseSettledResult<R>

/**
 * Gathers what comes while an earlier batch is written into the next one, so that a store with one slow write at a time
 * takes many changes with it.
 */
export class ChangeBatch<V, R> {
  readonly #write: (values: readonly V[]) => Promise<readonly BatchEnd<R>[]>
  readonly #waiting: Waiting<V, R>[] = []
  #isWriting = false

  /** `write` gives the end of each value; where it rejects, that is the end of all of them. */
  constructor(write: (values: readonly V[]) => Promise<readonly BatchEnd<R>[]>) {
    this.#write = write
  }

  add(value: V): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ value, resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST)
      try {
        const ends = await this.#write(batch.map(({ value }) => value))
        for (const [index, waiting] of batch.entries()) {
          const end = ends[index]
          if (end?.status === 'fulfilled') waiting.resolve(end.value)
          else waiting.reject(end?.reason)
        }
      } catch (error) {
        for (const waiting of batch) waiting.reject(error)
      }
    }
    this.#isWriting = false
  }
}

import type { Deadline } from './deadline.ts'

/** One at a time, in order of arrival. A caller whose deadline ends leaves the queue. */
export class Turn {
  #taken = false
  readonly #waiting = new Set<() => void>()

  /** Resolves when it is the caller's turn. @throws the deadline's reason */
  async take(deadline: Deadline): Promise<void> {
    if (!this.#taken) {
      deadline.signal.throwIfAborted()
      this.#taken = true
      return
    }
    await deadline.race<void>((resolve) => {
      const next = () => resolve()
      this.#waiting.add(next)
      return () => this.#waiting.delete(next)
    })
  }

  /** To be called once for each `take` that resolved. */
  give(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#taken = false
      return
    }
    this.#waiting.delete(next)
    next()
  }
}

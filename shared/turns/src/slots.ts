import { type Limit, withinOf } from './within.ts'

/** So many pieces of work may run at a time; the others wait in the order in which they came. */
export class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  /** `count`: from 1. */
  constructor(count: number) {
    this.#free = count
  }

  /** Where the limit comes before a slot does, the work is never begun, and this rejects as `within` does. */
  async run<T>(work: () => Promise<T>, limit?: Limit): Promise<T> {
    const slot = this.#take()
    try {
      await (limit ? withinOf(limit, new AbortController(), () => slot.taken) : slot.taken)
    } catch (error) {
      slot.leave()
      throw error
    }
    try {
      return await work()
    } finally {
      this.#give()
    }
  }

  #take(): { readonly taken: Promise<void>; leave(): void } {
    if (this.#free > 0) {
      this.#free -= 1
      return { taken: Promise.resolve(), leave: () => this.#give() }
    }
    let enter: () => void = () => undefined
    const taken = new Promise<void>((resolve) => {
      enter = resolve
    })
    this.#waiting.push(enter)
    const leave = () => {
      const place = this.#waiting.indexOf(enter)
      if (place >= 0) this.#waiting.splice(place, 1)
      // The slot came in the same moment.
      else this.#give()
    }
    return { taken, leave }
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}

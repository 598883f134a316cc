import { Slots } from './slots.ts'
import type { Limit } from './within.ts'

interface Lane {
  readonly slot: Slots
  /** That run or wait. */
  count: number
}

/** One piece of work at a time for each key, in order of arrival; those of different keys side by side. */
export class KeyedQueue {
  readonly #lanes = new Map<string, Lane>()
  readonly #open = new Set<Promise<unknown>>()

  /**
   * Ends as the work does; the next one comes all the same. Where the limit comes before its turn does, the work is never begun, and this
   * rejects as `within` does.
   */
  async run<T>(key: string, work: () => Promise<T>, limit?: Limit): Promise<T> {
    const lane = this.#lanes.get(key) ?? { slot: new Slots(1), count: 0 }
    this.#lanes.set(key, lane)
    lane.count += 1
    const running = lane.slot.run(work, limit)
    this.#open.add(running)
    try {
      return await running
    } finally {
      this.#open.delete(running)
      lane.count -= 1
      if (lane.count === 0) this.#lanes.delete(key)
    }
  }

  /** Ends when everything that was asked for until now has ended, well or not. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#open)
  }
}

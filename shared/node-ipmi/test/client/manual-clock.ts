import type { Clock, Timer } from '../../src/transport/clock.ts'

interface Entry extends Timer {
  readonly dueMs: number
  readonly callback: () => void
  cancelled: boolean
}

/** A virtual clock that advances only on demand, so that hours pass in milliseconds and every run is the same. */
export class ManualClock implements Clock {
  #nowMs = 0
  #entries: Entry[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Entry = {
      dueMs: this.#nowMs + delayMs,
      callback,
      cancelled: false,
      cancel() {
        this.cancelled = true
      },
    }
    const place = this.#entries.findLastIndex(({ dueMs }) => dueMs <= entry.dueMs)
    this.#entries.splice(place + 1, 0, entry)
    return entry
  }

  afterInput(callback: () => void): Timer {
    return this.after(0, callback)
  }

  /** Advances until the promise settles. Returns its result or throws its error; also throws if no timer is pending. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    for (;;) {
      await turn()
      if (settled) return promise
      if (!this.#step(Number.POSITIVE_INFINITY)) throw new Error('nothing will ever happen')
    }
  }

  async advance(delayMs: number): Promise<void> {
    const untilMs = this.#nowMs + delayMs
    do await turn()
    while (this.#step(untilMs))
    this.#nowMs = untilMs
  }

  /** Advances to the next due time, and calls back all timers due then. */
  #step(untilMs: number): boolean {
    while (this.#entries[0]?.cancelled) this.#entries.shift()
    const dueMs = this.#entries[0]?.dueMs
    if (dueMs === undefined || dueMs > untilMs) return false
    this.#nowMs = dueMs
    while (this.#entries[0] !== undefined && this.#entries[0].dueMs <= dueMs) {
      const entry = this.#entries.shift()
      if (entry !== undefined && !entry.cancelled) entry.callback()
    }
    return true
  }
}

/** Runs the callbacks of all promises that have settled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

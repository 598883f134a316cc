import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Deadline, within } from './calls.ts'

/** One piece of work at a time per key, in order of arrival. */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>()

  /** Throws TARGET_BUSY where the turn does not come before the deadline; nothing was done then. */
  async run<T>(key: string, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const { promise: mine, resolve: release } = gate()
    const tail = before.then(() => mine)
    this.#tails.set(key, tail)
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    try {
      await within(before, deadline, `waiting for another call for ${key}`, () => busy(key))
      return await work()
    } finally {
      release()
    }
  }
}

const busy = (key: string) =>
  new PowerbusError('TARGET_BUSY', `${key}: another call is still under way; wait, or give it more time`)

/** At most so many pieces of work at a time, in order of arrival. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Throws TARGET_BUSY where none becomes free before the deadline. */
  async run<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    await this.#take(deadline)
    try {
      return await work()
    } finally {
      this.#release()
    }
  }

  async #take(deadline: Deadline): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const { promise, resolve } = gate()
    this.#waiting.push(resolve)
    try {
      await within(promise, deadline, 'waiting for other calls', () => {
        return new PowerbusError('TARGET_BUSY', 'Too many calls are under way; wait, or give it more time')
      })
    } catch (error) {
      const place = this.#waiting.indexOf(resolve)
      if (place >= 0) this.#waiting.splice(place, 1)
      // It came in the same moment: it goes to the next.
      else this.#release()
      throw error
    }
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}

function gate(): { promise: Promise<void>; resolve: () => void } {
  const opened = new AbortController()
  const promise = new Promise<void>((resolve) => opened.signal.addEventListener('abort', () => resolve()))
  return { promise, resolve: () => opened.abort() }
}

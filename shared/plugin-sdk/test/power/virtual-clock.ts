import { setImmediate as tick } from 'node:timers/promises'
import type { Clock } from '../../src/power/clock.ts'

interface Sleeper {
  readonly wakeMs: number
  wake(): void
}

/** A clock that stands still while anything can run, and then jumps to the next sleeper. */
export class VirtualClock implements Clock {
  #nowMs = 1_000_000
  readonly #sleepers = new Set<Sleeper>()

  nowMs(): number {
    return this.#nowMs
  }

  dateMs(): number {
    return this.#nowMs
  }

  get sleeping(): number {
    return this.#sleepers.size
  }

  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason)
      }
      const sleeper: Sleeper = {
        wakeMs: this.#nowMs + delayMs,
        wake: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#sleepers.add(sleeper)
    })
  }

  /** Runs until the promise has ended, and gives what it ended with. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let ended = false
    const end = () => {
      ended = true
    }
    promise.then(end, end)
    for (;;) {
      await tick()
      if (ended) return promise
      this.#wakeNext()
    }
  }

  /** Lets `durationMs` pass, for what was started and not waited for. */
  async pass(durationMs: number): Promise<void> {
    await this.run(this.sleep(durationMs, new AbortController().signal))
  }

  #wakeNext() {
    let next: Sleeper | undefined
    for (const sleeper of this.#sleepers) if (!next || sleeper.wakeMs < next.wakeMs) next = sleeper
    if (!next) throw new Error('everything waits, and nothing for the clock')
    this.#sleepers.delete(next)
    this.#nowMs = Math.max(this.#nowMs, next.wakeMs)
    next.wake()
  }
}

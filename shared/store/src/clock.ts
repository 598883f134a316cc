import { setTimeout as delay } from 'node:timers/promises'

/** The longest that a Node timer runs, in milliseconds; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface Timer {
  cancel(): void
}

/** Where code gets its time from, so that tests run hours of waiting in milliseconds. No wait is longer than 24 days. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  nowMs(): number
  /** Wall clock, in milliseconds since 1970. */
  dateMs(): number
  /** Ends after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
  /** Calls back once, after `delayMs`. A timer keeps the process alive unless `keepsAlive` is false. */
  after(delayMs: number, callback: () => void, keepsAlive?: boolean): Timer
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  dateMs: () => Date.now(),
  async sleep(delayMs, signal) {
    signal.throwIfAborted()
    try {
      await delay(Math.min(delayMs, LONGEST_MS), undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
  after(delayMs, callback, keepsAlive = true) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_MS))
    if (!keepsAlive) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

import { setTimeout as delay } from 'node:timers/promises'

/** Longest delay of a Node timer, in milliseconds; a longer timer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface Timer {
  cancel(): void
}

/** Source of time; tests replace it with a virtual clock. No wait is longer than 24 days. */
export interface Clock {
  /** Monotonic time in milliseconds. */
  nowMs(): number
  /** Wall-clock time in milliseconds since 1970. */
  dateMs(): number
  /** Resolves after `delayMs`. Rejects with the signal's reason on abort. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
  /** Calls back once after `delayMs`. The timer keeps the process alive unless `keepsAlive` is false. */
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

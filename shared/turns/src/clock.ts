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
  /** Calls back once, after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer
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
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_MS))
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Ends after `delayMs`, or as soon as the signal is aborted. Never rejects. */
export async function pause(
  delayMs: number,
  signal: AbortSignal,
  clock: Pick<Clock, 'sleep'> = systemClock,
): Promise<void> {
  await clock.sleep(delayMs, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

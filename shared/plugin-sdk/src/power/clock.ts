import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { abortError } from './abort.ts'

/** Where power code gets its time from, so that tests run hours of waiting in milliseconds. */
export interface Clock {
  /** Monotonic, in milliseconds; the clock of `ActionContext.deadlineMs`. */
  nowMs(): number
  /** Wall clock, in milliseconds since 1970; only for people to read. */
  dateMs(): number
  /** Ends after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  dateMs: () => Date.now(),
  async sleep(delayMs, signal) {
    signal.throwIfAborted()
    try {
      await delay(delayMs, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}

/** Sleeps; an abort is told as what was being done: DEADLINE_EXCEEDED, or the signal's own reason where it is one of ours. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal, doing: string): Promise<void> {
  try {
    await clock.sleep(delayMs, signal)
  } catch (error) {
    if (signal.aborted) throw abortError(signal, doing)
    throw error
  }
}

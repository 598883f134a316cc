export interface RedfishTimer {
  cancel(): void
}

/** Source of time; tests replace it. */
export interface RedfishClock {
  /** Monotonic time in milliseconds. */
  nowMs(): number
  /** Calls back once after `delayMs`, at most 24 days. The timer keeps the process alive unless `keepsAlive` is false. */
  after(delayMs: number, callback: () => void, keepsAlive?: boolean): RedfishTimer
}

/** Longest delay of a Node timer; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

export const systemClock: RedfishClock = {
  nowMs: () => performance.now(),
  after(delayMs, callback, keepsAlive = true) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_MS))
    if (!keepsAlive) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

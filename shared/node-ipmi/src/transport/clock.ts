export interface Timer {
  cancel(): void
}

/** Source of time; tests replace it with a virtual clock. */
export interface Clock {
  /** Monotonic time in milliseconds. */
  nowMs(): number
  /** Wall-clock time in milliseconds since 1970. An emulated BMC without it counts the time of its SEL from 0. */
  dateMs?(): number
  /** Calls back once after `delayMs`. A pending timer keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back once after the datagrams that have already arrived are delivered. */
  afterInput(callback: () => void): Timer
}

export const systemClock: Clock = {
  // As precise as performance.now(), without its module, which takes a millisecond to load.
  nowMs: () => process.uptime() * 1000,
  dateMs: () => Date.now(),
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timeout) }
  },
  afterInput(callback) {
    const immediate = setImmediate(callback)
    return { cancel: () => clearImmediate(immediate) }
  },
}

export interface Timer {
  cancel(): void
}

/** Where time comes from; tests bring their own and run hours in milliseconds. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  nowMs(): number
  /** Calls back once, `delayMs` from now; a pending timer keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back once, as soon as datagrams that have already arrived have been delivered. */
  afterInput(callback: () => void): Timer
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timeout) }
  },
  afterInput(callback) {
    const immediate = setImmediate(callback)
    return { cancel: () => clearImmediate(immediate) }
  },
}

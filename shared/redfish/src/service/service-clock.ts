/** Source of time; tests replace it with a virtual clock. */
export interface ServiceClock {
  /** Monotonic time in milliseconds. */
  nowMs(): number
  /** Milliseconds since 1970; default: the system's. */
  dateMs?(): number
  /** Calls back once after `delayMs`. */
  after(delayMs: number, callback: () => void): { cancel(): void }
}

export const systemServiceClock: ServiceClock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timeout) }
  },
}

/** A date and time of Redfish, in UTC and whole seconds. DSP0266 §9.2. */
export function dateText(clock: ServiceClock): string {
  return new Date(clock.dateMs?.() ?? Date.now()).toISOString().replace(/\.\d+Z$/, 'Z')
}

export function sleep(clock: ServiceClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve))
}

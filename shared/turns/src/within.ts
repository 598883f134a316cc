import { type Clock, systemClock, type Timer } from '@powerbus/store/clock'
import { type Aborted, onAbort, unlessAborted } from './unless-aborted.ts'

/** When a wait ends without what it waits for. */
export interface Limit {
  /** Milliseconds; no end where absent. */
  readonly timeoutMs?: number | undefined
  /** Ends it earlier. */
  readonly signal?: AbortSignal | undefined
  /** What to throw when the time is over; a TimeLimitError where absent. */
  readonly late?: (() => unknown) | undefined
  /** What to throw when the signal is aborted; its reason where absent. */
  readonly aborted?: Aborted | undefined
  /** Milliseconds that the work has after either, to end by itself and say more; 0 where absent. */
  readonly graceMs?: number | undefined
  readonly clock?: Clock | undefined
}

/** The work took longer than it may. */
export class TimeLimitError extends Error {
  constructor(timeoutMs: number) {
    super(`not done within ${timeoutMs} ms`)
    this.name = 'TimeLimitError'
  }
}

/**
 * Runs the work with a signal that is aborted when the limit comes, and rejects then with that signal's reason, whether the work
 * heeds it or not; it goes on by itself. Where the limit's own signal is aborted already, the work is not begun.
 */
export async function within<T>(limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs, signal, graceMs = 0, clock = systemClock, aborted = (reason) => reason } = limit
  const { late = () => new TimeLimitError(timeoutMs ?? 0) } = limit
  const over = new AbortController()
  const off = signal && onAbort(signal, () => over.abort(aborted(signal.reason)))
  over.signal.throwIfAborted()
  const timers: Timer[] = []
  if (timeoutMs !== undefined) timers.push(clock.after(timeoutMs, () => over.abort(late())))
  const left = graceMs > 0 ? new AbortController() : over
  if (left !== over) onAbort(over.signal, () => timers.push(clock.after(graceMs, () => left.abort(over.signal.reason))))
  try {
    return await unlessAborted(work(over.signal), left.signal)
  } finally {
    off?.()
    for (const timer of timers) timer.cancel()
  }
}

/** Whether the promise is fulfilled within that time; rejects where the promise does. It goes on by itself. */
export async function endsWithin(promise: Promise<unknown>, timeoutMs: number, clock = systemClock): Promise<boolean> {
  const late = new TimeLimitError(timeoutMs)
  try {
    await within({ timeoutMs, clock, late: () => late }, () => promise)
    return true
  } catch (error) {
    if (error === late) return false
    throw error
  }
}

import { type Clock, systemClock, type Timer } from '@powerbus/store/clock'
import { type Aborted, onAbort } from './unless-aborted.ts'

/** When a wait ends without what it waits for. */
export interface Limit {
  /** Milliseconds; no end where absent. */
  readonly timeoutMs?: number | undefined
  /** Ends it earlier. */
  readonly signal?: AbortSignal | undefined
  /** As `signal`: the first of both counts. */
  readonly alsoSignal?: AbortSignal | undefined
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
export function within<T>(limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController()
  return withinOf(limit, over, () => work(over.signal))
}

/**
 * `within` for work that seldom looks at its signal: `over` is aborted when the limit comes, and makes its signal, which costs more than
 * the rest of this, when it is first asked for.
 */
export function withinOf<T>(limit: Limit, over: AbortController, work: () => Promise<T>): Promise<T> {
  const { timeoutMs, signal, alsoSignal, graceMs = 0, clock = systemClock, aborted = (reason) => reason } = limit
  const { late = () => new TimeLimitError(timeoutMs ?? 0) } = limit
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined
    let off: (() => void) | undefined
    let alsoOff: (() => void) | undefined
    let isOver = false
    const end = () => {
      timer?.cancel()
      off?.()
      alsoOff?.()
    }
    const stop = (reason: unknown) => {
      if (isOver) return
      isOver = true
      end()
      if (graceMs > 0) timer = clock.after(graceMs, () => reject(reason))
      over.abort(reason)
      if (graceMs <= 0) reject(reason)
    }
    if (signal) off = onAbort(signal, () => stop(aborted(signal.reason)))
    if (alsoSignal) alsoOff = onAbort(alsoSignal, () => stop(aborted(alsoSignal.reason)))
    if (isOver) {
      end()
      reject(over.signal.reason)
      return
    }
    if (timeoutMs !== undefined) timer = clock.after(timeoutMs, () => stop(late()))
    const ended = async () => work()
    ended().then(
      (result) => {
        end()
        resolve(result)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}

/** Whether the promise is fulfilled within that time; rejects where the promise does. It goes on by itself. */
export function endsWithin(promise: Promise<unknown>, timeoutMs: number, clock = systemClock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => resolve(false))
    promise.then(
      () => {
        timer.cancel()
        resolve(true)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}

import { setTimeout as timerOf } from 'node:timers'

/** setTimeout fires at once beyond it. */
const TIMER_MS_MAX = 0x7fffffff

/** The work took longer than it may. */
export class TimeLimitError extends Error {
  constructor(timeoutMs: number) {
    super(`took longer than ${timeoutMs} ms`)
    this.name = 'TimeLimitError'
  }
}

/**
 * Runs the work with a signal that ends after `timeoutMs` or with `outer`, and rejects then with the signal's reason,
 * whether the work heeds it or not.
 */
export async function limitedTime<T>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted()
  const end = new AbortController()
  const onOuter = () => end.abort(outer.reason)
  outer.addEventListener('abort', onOuter)
  const timer = timerOf(() => end.abort(new TimeLimitError(timeoutMs)), Math.min(timeoutMs, TIMER_MS_MAX))
  try {
    return await new Promise<T>((resolve, reject) => {
      end.signal.addEventListener('abort', () => reject(end.signal.reason))
      work(end.signal).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', onOuter)
  }
}

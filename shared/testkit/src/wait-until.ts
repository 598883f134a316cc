import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Repeats the check until it returns a value other than undefined, false or null, and returns that value. Throws an
 * error that names `what` after `timeoutMs` (default 10,000). An error of the check ends the wait at once.
 */
export async function waitUntil<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 20 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Exclude<T, undefined | false | null>> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false && found !== null) {
      return found as Exclude<T, undefined | false | null>
    }
    if (performance.now() >= end) throw new Error(`waited ${timeoutMs} ms without success for: ${what}`)
    await sleep(intervalMs)
  }
}

/** The promise's value. Throws an error that names `what` after `timeoutMs`; the promise itself continues. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = 10_000): Promise<T> {
  const stop = new AbortController()
  try {
    return await Promise.race([
      promise,
      sleep(timeoutMs, undefined, { signal: stop.signal }).then(() => {
        throw new Error(`waited ${timeoutMs} ms without success for: ${what}`)
      }),
    ])
  } finally {
    stop.abort()
  }
}

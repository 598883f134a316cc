import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again until the check gives something other than undefined, false or null, and returns that.
 * Throws when `timeoutMs` has passed, naming `what` was waited for; an error of the check ends the wait at once.
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
    if (performance.now() >= end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
    await sleep(intervalMs)
  }
}

/** The promise's value, or an error that names `what` when it takes longer than `timeoutMs`. The promise itself goes on. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = 10_000): Promise<T> {
  const stop = new AbortController()
  try {
    return await Promise.race([
      promise,
      sleep(timeoutMs, undefined, { signal: stop.signal }).then(() => {
        throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
      }),
    ])
  } finally {
    stop.abort()
  }
}

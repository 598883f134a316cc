import { setTimeout as sleep } from 'node:timers/promises'

/** The work's result; undefined where it fails, or takes longer. */
export async function answered<T>(work: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const late = new AbortController()
  const end = sleep(timeoutMs, undefined, { signal: late.signal }).catch(() => undefined)
  const result = await Promise.race([work.catch(() => undefined), end])
  late.abort()
  return result
}

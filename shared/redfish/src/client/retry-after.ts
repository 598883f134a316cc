const SHORTEST_MS = 1_000
const LONGEST_MS = 60_000

/** Waits before the repeats of a request that the BMC is not ready for, where it does not say when. */
const waitsMs = [5_000, 10_000, 15_000, 20_000, 25_000, 30_000]

/** Retry-After in milliseconds, 1 to 60 s: seconds or an HTTP date. Undefined if absent or senseless. RFC 9110 §10.2.3. */
export function retryAfterMs(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const wanted = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : untilMs(text, date)
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, SHORTEST_MS), LONGEST_MS) : undefined
}

/** Until the date by the BMC's own clock, which may be years off. */
function untilMs(text: string, date: string | undefined): number {
  return Date.parse(text) - Date.parse(date ?? '')
}

/** Before the repeat number `attempt`, from 0; undefined when it was repeated often enough. */
export function busyWaitMs(attempt: number, retryAfter: number | undefined): number | undefined {
  const wait = waitsMs[attempt]
  return wait === undefined ? undefined : (retryAfter ?? wait)
}

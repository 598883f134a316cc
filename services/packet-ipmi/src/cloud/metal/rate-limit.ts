/** X-RateLimit-Reset counts seconds from now up to this value, and seconds since 1970 above it (from 2001-09-09). */
const LONGEST_COUNT_S = 1_000_000_000
/** Wait after a 429 without a usable header. */
const UNSAID_MS = 5_000
/** Longest wait, whatever the server asks for. */
const MOST_MS = 3_600_000

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** Wait that a refusal by the rate limit asks for, in milliseconds from `dateMs` (since 1970). Retry-After: RFC 9110 §10.2.3. */
export function rateLimitWaitMs(headers: Headers, dateMs: number): number {
  const waits = [retryAfterMs(headers, dateMs), resetMs(headers, dateMs)].filter((wait) => wait !== undefined)
  const wait = waits.length === 0 ? UNSAID_MS : Math.max(...waits)
  return Math.min(MOST_MS, Math.max(0, wait))
}

/** Whether a 403 is a refusal by the rate limit, by its headers or the API's words. */
export function saysRateLimit(headers: Headers, words: string | undefined): boolean {
  const isUsedUp = one(headers['x-ratelimit-remaining']) === '0' || one(headers['retry-after']) !== undefined
  return isUsedUp || /rate[ -]?limit|too many requests|throttl/i.test(words ?? '')
}

function retryAfterMs(headers: Headers, dateMs: number): number | undefined {
  const text = one(headers['retry-after'])
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : atMs - dateMs
}

function resetMs(headers: Headers, dateMs: number): number | undefined {
  const text = one(headers['x-ratelimit-reset'])
  if (text === undefined || !/^\d{1,12}$/.test(text)) return undefined
  const seconds = Number(text)
  return seconds > LONGEST_COUNT_S ? seconds * 1000 - dateMs : seconds * 1000
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value.trim() : value?.[0]?.trim()
}

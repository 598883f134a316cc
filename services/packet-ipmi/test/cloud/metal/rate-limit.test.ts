import { test } from 'tap'
import { rateLimitWaitMs } from '../../../src/cloud/metal/rate-limit.ts'

const nowMs = Date.UTC(2026, 5, 1)
const second = (later: number) => String(nowMs / 1000 + later)

const waits: readonly (readonly [Readonly<Record<string, string | string[]>>, number])[] = [
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': 'Mon, 01 Jun 2026 00:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'soon' }, 5000],
  [{ 'x-ratelimit-reset': second(12) }, 12_000],
  [{ 'x-ratelimit-reset': '12' }, 12_000],
  [{ 'x-ratelimit-reset': [second(3)] }, 3000],
  [{ 'x-ratelimit-reset': second(-30) }, 0],
  [{ 'x-ratelimit-reset': 'x' }, 5000],
  [{ 'retry-after': '2', 'x-ratelimit-reset': second(9) }, 9000],
  [{ 'retry-after': '999999' }, 3_600_000],
  [{}, 5000],
]

for (const [headers, expected] of waits)
  test(`${JSON.stringify(headers)} is a wait of ${expected} ms`, async (t) => {
    t.equal(rateLimitWaitMs(headers, nowMs), expected)
  })

import { test } from 'tap'
import { defaultRestartLimits, RestartBackoff } from '../../src/host/restart-backoff.ts'

const taken = (backoff: RestartBackoff, ranMs: readonly number[]) => ranMs.map((one) => backoff.next(one))

test('each failed run doubles the wait, up to a cap, until it is given up', async (t) => {
  const limits = { firstMs: 250, mostMs: 30_000, attempts: 11, healthyMs: 60_000 }
  const waits = taken(new RestartBackoff(limits), Array(11).fill(0))
  t.same(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, undefined])
})

test('a long run resets the failures: a plugin that fails once an hour is never given up', async (t) => {
  const { healthyMs, firstMs, attempts } = defaultRestartLimits
  const backoff = new RestartBackoff(defaultRestartLimits)
  taken(backoff, Array(attempts - 2).fill(0))
  t.same(taken(backoff, Array(20).fill(healthyMs)), Array(20).fill(firstMs))
  t.equal(backoff.failures, 1)
})

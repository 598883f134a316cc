import { test } from 'tap'
import { FailureLimit } from '../../src/auth/failure-limit.ts'

test('reaching the failure limit refuses attempts until the oldest failure leaves the window', async (t) => {
  const limit = new FailureLimit(3, 60_000)
  for (const atMs of [0, 10, 20]) {
    t.equal(limit.waitMs(atMs), 0)
    limit.fail(atMs)
  }
  t.equal(limit.waitMs(30), 59_970)
  t.equal(limit.waitMs(59_999), 1)
  t.equal(limit.waitMs(60_000), 0)
  limit.fail(60_000)
  t.equal(limit.waitMs(60_001), 9, 'the failures at 10, 20 and 60 000 are three')
})

import { test } from 'tap'
import { backoffMs } from '../src/index.ts'

test('pauses grow from the first to the longest, and stay there', async (t) => {
  const curve = { firstMs: 100, mostMs: 1000 }
  t.same(
    [1, 2, 3, 4, 5, 2000].map((failures) => backoffMs(curve, failures)),
    [100, 200, 400, 800, 1000, 1000],
  )
  t.equal(backoffMs({ ...curve, growth: 1.5 }, 3), 225)
})

test('only the part that is left to chance is, and no pause is longer than without chance', async (t) => {
  const curve = { firstMs: 100, mostMs: 1000, jitter: 0.5 }
  t.equal(
    backoffMs(curve, 1, () => 0),
    50,
  )
  t.equal(
    backoffMs(curve, 9, () => 0.5),
    750,
  )
  for (let count = 0; count < 100; count++) {
    const pauseMs = backoffMs(curve, 2)
    t.ok(pauseMs >= 100 && pauseMs < 200, String(pauseMs))
  }
})

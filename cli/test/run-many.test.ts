import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { runMany } from '../src/run-many.ts'

test('at most `concurrency` items run at once, and every item is reported', async (t) => {
  let running = 0
  let most = 0
  const ended: [number, boolean][] = []
  const times: number[] = []
  const startedMs = performance.now()
  const left = await runMany({
    items: [1, 2, 3, 4, 5, 6, 7],
    concurrency: 3,
    signal: new AbortController().signal,
    async run(item) {
      most = Math.max(most, ++running)
      await sleep(5)
      running--
      if (item === 4) throw new Error('four')
      return item
    },
    onEnd(item, { ok }, ms) {
      ended.push([item, ok])
      times.push(ms)
    },
  })
  t.equal(most, 3)
  t.same(left, [])
  t.same(
    ended.filter(([, ok]) => !ok),
    [[4, false]],
  )
  t.equal(ended.length, 7)
  const elapsedMs = performance.now() - startedMs
  t.ok(times.every((ms) => ms >= 4 && ms <= Math.ceil(elapsedMs)))
})

test('after an interruption no item is started, and the rest is returned', async (t) => {
  const controller = new AbortController()
  const begun: number[] = []
  const left = await runMany({
    items: [1, 2, 3, 4, 5],
    concurrency: 2,
    signal: controller.signal,
    async run(item) {
      begun.push(item)
      await sleep(5)
      controller.abort()
    },
    onEnd: () => undefined,
  })
  t.same(begun, [1, 2])
  t.same(left, [3, 4, 5])
})

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

test('items that take long make room for others, up to `concurrency`', async (t) => {
  const begun: number[] = []
  const release: (() => void)[] = []
  const items = [1, 2, 3, 4, 5, 6, 7]
  const all = runMany({
    items,
    concurrency: 5,
    quick: 2,
    signal: new AbortController().signal,
    run(item) {
      begun.push(item)
      return new Promise<void>((resolve) => release.push(resolve))
    },
    onEnd: () => undefined,
  })
  t.same(begun, [1, 2])
  await sleep(50)
  t.same(begun, [1, 2], 'not before they count as slow')
  while (begun.length < 5) await sleep(10)
  await sleep(350)
  t.same(begun, [1, 2, 3, 4, 5], 'the limit of all stays')
  const timer = setInterval(() => release.shift()?.(), 1)
  t.same(await all, [])
  clearInterval(timer)
  t.same(begun, items)
})

test('a report that throws rejects', async (t) => {
  const options = { items: [1, 2], concurrency: 2, signal: new AbortController().signal }
  const onEnd = () => {
    throw new Error('no reader')
  }
  await t.rejects(runMany({ ...options, run: async () => 1, onEnd }), { message: 'no reader' })
})

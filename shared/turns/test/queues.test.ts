import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { KeyedQueue, Slots, TimeLimitError } from '../src/index.ts'

/** Work that is ended by hand. */
function gated(log: string[] = [], name = '') {
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const work = async () => {
    log.push(name)
    await ended
    return name
  }
  return { work, end }
}

test('no more than so many run at a time, and the others begin in the order in which they came', async (t) => {
  const slots = new Slots(2)
  const log: string[] = []
  const works = ['a', 'b', 'c', 'd'].map((name) => gated(log, name))
  const ends = works.map(({ work }) => slots.run(work))
  await sleep(1)
  t.same(log, ['a', 'b'])
  works[1]?.end()
  await sleep(1)
  t.same(log, ['a', 'b', 'c'])
  for (const { end } of works) end()
  t.same(await Promise.all(ends), ['a', 'b', 'c', 'd'])
  t.same(log, ['a', 'b', 'c', 'd'])
})

test('work that failed gives its slot to the next', async (t) => {
  const slots = new Slots(1)
  const failing = slots.run(() => Promise.reject(new Error('wrong')))
  const next = slots.run(async () => 'next')
  await t.rejects(failing, { message: 'wrong' })
  t.equal(await next, 'next')
})

test('what waits in vain, or is given up, leaves the line and never begins', async (t) => {
  const slots = new Slots(1)
  const log: string[] = []
  const first = gated(log, 'first')
  const running = slots.run(first.work)
  const caller = new AbortController()
  const late = slots.run(gated(log, 'late').work, { timeoutMs: 5 })
  const left = slots.run(gated(log, 'left').work, { signal: caller.signal })
  const gone = slots.run(gated(log, 'gone').work, { signal: AbortSignal.abort(new Error('gone')) })
  const next = slots.run(async () => 'next', { timeoutMs: 10_000 })
  await t.rejects(gone, { message: 'gone' })
  await t.rejects(late, TimeLimitError)
  caller.abort(new Error('left'))
  await t.rejects(left, { message: 'left' })
  first.end()
  await running
  t.equal(await next, 'next')
  t.same(log, ['first'])
})

test('a caller that has gone takes no slot that is free', async (t) => {
  const slots = new Slots(1)
  await t.rejects(
    slots.run(async () => 'never', { signal: AbortSignal.abort(new Error('gone')) }),
    { message: 'gone' },
  )
  t.equal(await slots.run(async () => 'next'), 'next')
})

test('a slot that comes in the moment in which its caller leaves goes to the next one', async (t) => {
  const slots = new Slots(1)
  const first = gated()
  const running = slots.run(first.work)
  const caller = new AbortController()
  const left = slots.run(async () => 'left', { signal: caller.signal })
  const next = slots.run(async () => 'next')
  first.end()
  await running
  caller.abort(new Error('gone'))
  t.match(await Promise.allSettled([left, next]), [{}, { value: 'next' }])
  t.equal(await slots.run(async () => 'after'), 'after')
})

test('work for one key waits for nothing but earlier work for that key', async (t) => {
  const queue = new KeyedQueue()
  const log: string[] = []
  const works = ['a1', 'a2', 'b1', 'a3'].map((name) => gated(log, name))
  const ends = works.map(({ work }, index) => queue.run(index === 2 ? 'b' : 'a', work))
  await sleep(1)
  t.same(log, ['a1', 'b1'])
  for (const { end } of works) end()
  t.same(await Promise.all(ends), ['a1', 'a2', 'b1', 'a3'])
  t.same(log, ['a1', 'b1', 'a2', 'a3'])
})

test('a failure ends only its own work, and a queue is idle when all has ended, well or not', async (t) => {
  const queue = new KeyedQueue()
  const log: string[] = []
  const last = gated(log, 'last')
  const failing = queue.run('a', () => Promise.reject(new Error('wrong')))
  const next = queue.run('a', last.work)
  const late = queue.run('a', async () => 'late', { timeoutMs: 1 })
  await t.rejects(failing, { message: 'wrong' })
  await t.rejects(late, TimeLimitError)
  let idle = false
  const whenIdle = queue.idle().then(() => {
    idle = true
  })
  await sleep(5)
  t.equal(idle, false)
  last.end()
  await whenIdle
  t.equal(await next, 'last')
  await queue.idle()
})

test('a key that has become free is taken in order again', async (t) => {
  const queue = new KeyedQueue()
  const log: number[] = []
  let inside = 0
  const works = Array.from({ length: 50 }, async (_, index) => {
    await sleep(index % 7)
    await queue.run('a', async () => {
      inside += 1
      t.equal(inside, 1)
      log.push(index)
      await sleep(index % 3)
      inside -= 1
    })
  })
  await Promise.all(works)
  t.equal(log.length, 50)
})

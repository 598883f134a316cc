import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { AcceptedWork } from '../../src/host/accepted-work.ts'

test('a drain waits for what was accepted, failed work included', async (t) => {
  const work = new AcceptedWork('plugin')
  let ended = 0
  const good = work.run(60_000, async () => {
    await sleep(50)
    ended++
  })
  const bad = work.run(60_000, async () => {
    await sleep(20)
    ended++
    throw new Error('bad')
  })
  const refused = t.rejects(bad)
  t.equal(await work.drain(5_000, 100), 0)
  t.equal(ended, 2)
  await good
  await refused
})

test('from the stop on nothing more is accepted', async (t) => {
  const work = new AcceptedWork('plugin')
  work.close()
  t.throws(() => work.accept(async () => 1), { code: 'SHUTTING_DOWN' })
  await t.rejects(
    work.run(60_000, async () => 1),
    { code: 'SHUTTING_DOWN' },
  )
})

test('what does not end in time is aborted, answered as shutting down, and counted', async (t) => {
  const work = new AcceptedWork('plugin')
  const minding = work.run(60_000, (signal) => sleep(30_000, 1, { signal }))
  const deaf = work.run(60_000, () => sleep(30_000, 1, { ref: false }))
  const [first, second] = [
    t.rejects(minding, { code: 'SHUTTING_DOWN' }),
    t.rejects(deaf, { code: 'SHUTTING_DOWN', status: 503 }),
  ]
  t.equal(await work.drain(50, 100), 2)
  await first
  await second
})

test('work that starts after the abort is answered for as well', async (t) => {
  const work = new AcceptedWork('plugin')
  const deaf = t.rejects(
    work.run(60_000, () => sleep(30_000, 1, { ref: false })),
    { code: 'SHUTTING_DOWN' },
  )
  t.equal(await work.drain(0, 10), 1)
  await t.rejects(
    work.run(60_000, () => sleep(30_000, 1, { ref: false })),
    { code: 'SHUTTING_DOWN', message: /had to stop/ },
  )
  await deaf
})

test('work leaves nothing at the signal of the shutdown, and as much of it as comes may be under way', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const work = new AcceptedWork('plugin')
  const { shutdown } = work
  const all = Array.from({ length: 100 }, (_, index) =>
    work.run(60_000, async () => {
      await sleep(20)
      if (index % 2 === 0) throw new Error('bad')
    }),
  )
  t.equal(getEventListeners(shutdown, 'abort').length, 1, 'one listener for all')
  await Promise.allSettled(all)
  t.equal(getEventListeners(shutdown, 'abort').length, 1)
  await sleep(0)
  t.same(warnings, [])
})

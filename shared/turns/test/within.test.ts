import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { endsWithin, onAbort, pause, TimeLimitError, unlessAborted, within, withinOf } from '../src/index.ts'

const never = () => new Promise<never>(() => undefined)

test('work that is done in time gives its result or its failure, and leaves no timer and no listener', async (t) => {
  const caller = new AbortController()
  let given: AbortSignal | undefined
  const work = async (signal: AbortSignal) => {
    given = signal
    return 'done'
  }
  t.equal(await within({ timeoutMs: 30, signal: caller.signal }, work), 'done')
  await t.rejects(
    within({ timeoutMs: 30 }, () => Promise.reject(new Error('wrong'))),
    { message: 'wrong' },
  )
  caller.abort()
  await sleep(40)
  t.equal(given?.aborted, false)
})

test('work that is late is told so by its signal and answered for, whether it heeds it or not', async (t) => {
  await t.rejects(within({ timeoutMs: 10 }, never), TimeLimitError)
  const heeding = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => onAbort(signal, () => reject(signal.reason)))
  await t.rejects(within({ timeoutMs: 10, late: () => new RangeError('late') }, heeding), RangeError)
})

test('an aborted caller ends the wait with its reason or with what is made of it', async (t) => {
  const caller = new AbortController()
  const waits = [
    within({ timeoutMs: 1000, signal: caller.signal }, never),
    within({ signal: caller.signal, aborted: (cause) => new RangeError('left', { cause }) }, never),
    unlessAborted(never(), caller.signal),
  ]
  const reason = new Error('gone')
  caller.abort(reason)
  const [first, second, third] = await Promise.allSettled(waits)
  t.match(first, { reason })
  t.match(second, { reason: { name: 'RangeError', cause: reason } })
  t.match(third, { reason })
})

test('work is not begun for a caller that has gone, and a promise that fails for it is no unhandled rejection', async (t) => {
  let begun = 0
  const work = async () => {
    begun += 1
  }
  await t.rejects(within({ signal: AbortSignal.abort(new Error('gone')) }, work), { message: 'gone' })
  t.equal(begun, 0)
  const failing = sleep(5).then(() => Promise.reject(new Error('later')))
  await t.rejects(unlessAborted(failing, AbortSignal.abort(new Error('gone'))), { message: 'gone' })
  await sleep(10)
})

test('in its grace the work may still say what it knows', async (t) => {
  const limit = { timeoutMs: 10, graceMs: 1000 }
  const knows = async (signal: AbortSignal) => {
    await pause(1000, signal)
    throw new Error('half of it is done')
  }
  await t.rejects(within(limit, knows), { message: 'half of it is done' })
  const startMs = performance.now()
  await t.rejects(within({ timeoutMs: 10, graceMs: 30 }, never), TimeLimitError)
  t.ok(performance.now() - startMs >= 38)
})

test('a pause ends with its time or its signal, and rejects with neither', async (t) => {
  const stop = new AbortController()
  const startMs = performance.now()
  await pause(20, stop.signal)
  t.ok(performance.now() - startMs >= 19)
  setTimeout(() => stop.abort(), 10)
  await pause(60_000, stop.signal)
  await pause(60_000, stop.signal)
  t.ok(performance.now() - startMs < 30_000)
})

test('a wait longer than a timer can be does not end at once', async (t) => {
  t.equal(await Promise.race([within({ timeoutMs: 2 ** 40 }, () => sleep(20, 'work')), sleep(500, 'too late')]), 'work')
})

test('whether something ends in time is an answer, and how it fails is not', async (t) => {
  t.equal(await endsWithin(sleep(5), 1000), true)
  t.equal(await endsWithin(never(), 5), false)
  await t.rejects(endsWithin(Promise.reject(new TimeLimitError(1)), 1000), TimeLimitError)
})

test('many waits on one signal cause no warning of a leak', async (t) => {
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => warnings.push(name)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const caller = new AbortController()
  const waits = Array.from({ length: 30 }, () => within({ signal: caller.signal }, never))
  caller.abort(new Error('gone'))
  await Promise.allSettled(waits)
  await sleep(5)
  t.equal(warnings.length, 0)
})

test('all waits on one signal share a listener, and a wait that has ended is not called', async (t) => {
  const caller = new AbortController()
  const called: number[] = []
  const offs = Array.from({ length: 1000 }, (_, index) => onAbort(caller.signal, () => called.push(index)))
  t.equal(getEventListeners(caller.signal, 'abort').length, 1)
  offs.forEach((off, index) => void (index % 500 !== 7 && off()))
  caller.abort()
  t.same(called, [7, 507])
  onAbort(caller.signal, () => called.push(-1))
  t.same(called, [7, 507, -1])
})

test('the first of two signals ends the wait, and neither is waited for afterwards', async (t) => {
  const [one, other] = [new AbortController(), new AbortController()]
  const limit = { signal: one.signal, alsoSignal: other.signal }
  let given: AbortSignal | undefined
  const work = async (signal: AbortSignal) => {
    given = signal
    return 'done'
  }
  t.equal(await within(limit, work), 'done')
  const waits = [within(limit, never), within({ alsoSignal: other.signal }, never)]
  other.abort(new Error('other'))
  one.abort(new Error('one'))
  for (const wait of waits) await t.rejects(wait, { message: 'other' })
  await t.rejects(
    within(limit, async () => 'begun'),
    { message: 'one' },
  )
  t.equal(given?.aborted, false)
})

test('a signal is made for the work that looks at it, and is aborted as it would have been', async (t) => {
  const over = new AbortController()
  await t.rejects(withinOf({ timeoutMs: 5 }, over, never), TimeLimitError)
  t.ok(over.signal.aborted)
  t.type(over.signal.reason, TimeLimitError)
})

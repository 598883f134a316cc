import { test } from 'tap'
import { ConfigAttempts } from '../../src/host/config-attempts.ts'

/** Sleeps as long as it is let: tells how long was asked for, and wakes whoever sleeps. */
function handClock() {
  const slept: number[] = []
  let wake: () => void = () => undefined
  return {
    slept,
    wake: () => wake(),
    sleep: (delayMs: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        slept.push(delayMs)
        wake = resolve
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a failure that may pass is retried with pauses up to a minute, which restart when asked', async (t) => {
  const clock = handClock()
  let tries = 0
  const attempts = new ConfigAttempts(async () => {
    tries += 1
    return true
  }, clock)
  await attempts.ask()
  for (let n = 0; n < 8; n += 1) {
    await turn()
    clock.wake()
  }
  await turn()
  t.same(clock.slept, [200, 1000, 5000, 15_000, 30_000, 60_000, 60_000, 60_000, 60_000])
  t.equal(tries, 9)
  await attempts.ask()
  await turn()
  t.equal(tries, 10)
  t.equal(clock.slept.at(-1), 200)
  attempts.stop()
  await turn()
  await attempts.ask()
  t.equal(tries, 10, 'none after a stop')
})

test('calls during an attempt share one later attempt', async (t) => {
  const ends: (() => void)[] = []
  const attempts = new ConfigAttempts(() => new Promise((resolve) => ends.push(() => resolve(false))), handClock())
  const told: string[] = []
  const ask = (name: string) => attempts.ask().then(() => told.push(name))
  const first = ask('first')
  await turn()
  const asked = [first, ask('second'), ask('third')]
  ends[0]?.()
  await turn()
  t.same(told, ['first'])
  t.equal(ends.length, 2)
  ends[1]?.()
  await Promise.all(asked)
  t.same(told, ['first', 'second', 'third'])
})

test('askAnew aborts an unanswered attempt, and its callers wait for the next', async (t) => {
  const answers: (() => void)[] = []
  const attempts = new ConfigAttempts(
    (signal) =>
      new Promise((resolve) => {
        answers.push(() => resolve(false))
        signal.addEventListener('abort', () => resolve(true))
      }),
    handClock(),
  )
  const told: string[] = []
  const first = attempts.ask().then(() => told.push('first'))
  await turn()
  const second = attempts.askAnew().then(() => told.push('second'))
  await turn()
  t.same([answers.length, told.length], [2, 0])
  answers[1]?.()
  await Promise.all([first, second])
  t.same(told, ['first', 'second'])
})

test('after a cancel no attempt begins until asked', async (t) => {
  const clock = handClock()
  let tries = 0
  const attempts = new ConfigAttempts(async () => {
    tries += 1
    return true
  }, clock)
  await attempts.ask()
  await turn()
  attempts.cancel()
  clock.wake()
  await turn()
  t.equal(tries, 1)
  await attempts.ask()
  t.equal(tries, 2)
  attempts.stop()
})

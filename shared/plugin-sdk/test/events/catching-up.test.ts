import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { CatchingUp } from '../../src/events/catching-up.ts'

test('what is asked for while one run is under way is done once more, and not at the same time', async (t) => {
  const ends: (() => void)[] = []
  let running = 0
  const catchUp = async () => {
    running += 1
    t.equal(running, 1)
    await new Promise<void>((resolve) => ends.push(resolve))
    running -= 1
  }
  const catching = new CatchingUp({ catchUp, signal: new AbortController().signal })
  catching.ask()
  catching.ask()
  catching.ask()
  await waitUntil('the first', () => ends.length === 1)
  ends[0]?.()
  await waitUntil('the second', () => ends.length === 2)
  ends[1]?.()
  await catching.ended()
  t.equal(ends.length, 2)
  catching.ask()
  await waitUntil('a third, asked for later', () => ends.length === 3)
  ends[2]?.()
  await catching.ended()
})

test('a failure is followed by another run until one succeeds, or until the plugin stops', async (t) => {
  const stopping = new AbortController()
  let runs = 0
  let failures = 3
  const catchUp = async () => {
    runs += 1
    failures -= 1
    if (failures >= 0) throw new Error('not yet')
  }
  const catching = new CatchingUp({ catchUp, signal: stopping.signal, pausesMs: [1, 2] })
  catching.ask()
  await catching.ended()
  t.equal(runs, 4)
  failures = Number.POSITIVE_INFINITY
  catching.ask()
  await waitUntil('some failures', () => runs > 6)
  stopping.abort()
  await catching.ended()
  const last = runs
  catching.ask()
  await catching.ended()
  t.equal(runs, last)
})

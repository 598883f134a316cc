import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { EventLanes, type Lane } from '../../src/events/event-lanes.ts'
import { PowerbusError } from '../../src/index.ts'

interface Numbered extends Lane {
  readonly at: number
}

test('events of one key come one after another, in their order; other keys go on meanwhile', async (t) => {
  const handled: Numbered[] = []
  const running = new Map<string, number>()
  let together = 0
  const lanes = new EventLanes<Numbered>({
    handle: async (event) => {
      running.set(event.Key, (running.get(event.Key) ?? 0) + 1)
      t.equal(running.get(event.Key), 1)
      together = Math.max(
        together,
        [...running.values()].reduce((sum, count) => sum + count, 0),
      )
      await sleep(2)
      running.set(event.Key, 0)
      handled.push(event)
    },
    onOverflow: () => t.fail('overflow'),
    signal: new AbortController().signal,
  })
  for (let at = 0; at < 60; at += 1) lanes.add({ Type: 'machines', Key: `k${at % 6}`, at })
  await waitUntil('all of them', () => handled.length === 60)
  for (const key of ['k0', 'k5']) {
    const order = handled.filter(({ Key }) => Key === key).map(({ at }) => at)
    t.same(
      order,
      order.toSorted((a, b) => a - b),
    )
  }
  t.ok(together > 1)
})

test('a failure that may pass is tried again, another one is not, and neither ends the lane', async (t) => {
  const tries: string[] = []
  const lanes = new EventLanes({
    handle: async ({ Key }) => {
      tries.push(Key)
      if (Key === 'retry') throw new PowerbusError('TARGET_TIMEOUT', 'later')
      if (Key === 'never') throw new PowerbusError('PARAM_INVALID', 'no')
      if (Key === 'foreign') throw new TypeError('no')
    },
    onOverflow: () => t.fail('overflow'),
    signal: new AbortController().signal,
    pausesMs: [1, 1],
  })
  for (const Key of ['retry', 'never', 'foreign', 'fine']) lanes.add({ Type: 't', Key })
  await waitUntil('all of them', () => tries.length === 6)
  await sleep(20)
  t.same(tries.toSorted(), ['fine', 'foreign', 'never', 'retry', 'retry', 'retry'])
})

test('a full queue drops events, and says so once it is empty', async (t) => {
  let overflows = 0
  let handled = 0
  const lanes = new EventLanes({
    handle: async () => {
      await sleep(1)
      handled += 1
    },
    onOverflow: () => {
      overflows += 1
      t.equal(handled, 5)
    },
    signal: new AbortController().signal,
    waitingMax: 5,
  })
  for (let at = 0; at < 50; at += 1) lanes.add({ Type: 't', Key: 'k' })
  await waitUntil('the report', () => overflows === 1)
  lanes.add({ Type: 't', Key: 'k' })
  await waitUntil('the next', () => handled === 6)
  t.equal(overflows, 1)
})

test('what waits when it is stopped is left', async (t) => {
  const stop = new AbortController()
  let handled = 0
  const lanes = new EventLanes({
    handle: async () => {
      handled += 1
      stop.abort()
    },
    onOverflow: () => t.fail('overflow'),
    signal: stop.signal,
  })
  for (let at = 0; at < 5; at += 1) lanes.add({ Type: 't', Key: 'k' })
  await sleep(20)
  t.equal(handled, 1)
})

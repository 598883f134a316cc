import { type Bus, BusError, type BusEvent } from '@powerbus/bus'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { EventReporter } from '../../src/events/event-reporter.ts'

function event(id: string, object: unknown = null): BusEvent {
  return { id, Time: '', Type: 't', Action: 'a', Key: 'k', Principal: '', Object: object, Original: null }
}

/** A bus that takes events as `take` says. */
function busOf(take: (event: BusEvent) => Promise<void>): Bus {
  return { publish: take } as unknown as Bus
}

test('events wait for a bus, and go out in their order with what was wrong for now repeated', async (t) => {
  const taken: string[] = []
  let refusals = 3
  let come: (bus: Bus) => void = () => undefined
  const bus = new Promise<Bus>((resolve) => {
    come = resolve
  })
  const outbox = new EventReporter(bus, { onLost: () => t.fail('lost') })
  for (const id of ['1', '2', '3']) outbox.publish(event(id))
  t.same(outbox.figures, { waiting: 3, lost: 0 })
  t.same(taken, [])
  come(
    busOf(async ({ id }) => {
      if (refusals-- > 0) throw new BusError('UNAVAILABLE', 'away')
      taken.push(id)
    }),
  )
  await waitUntil('all of them', () => taken.length === 3)
  t.same(new Set(taken), new Set(['1', '2', '3']))
  outbox.publish(event('4'))
  outbox.publish(event('5'))
  await outbox.close(5000)
  t.same(taken.slice(3), ['4', '5'])
  t.same(outbox.figures, { waiting: 0, lost: 0 })
})

test('a full queue loses the newest, counts it, and never holds up who publishes', async (t) => {
  const reported: number[] = []
  const never = new Promise<Bus>(() => undefined)
  const outbox = new EventReporter(never, { waitingMax: 10, onLost: (lost) => reported.push(lost) })
  for (let id = 0; id < 1500; id += 1) outbox.publish(event(`${id}`))
  t.match(outbox.figures, { waiting: 10, lost: 1490 })
  t.same(reported, [1, 1001])
  await outbox.close(10)
  await waitUntil('the rest to be lost', () => outbox.figures.waiting === 0)
  t.match(outbox.figures, { waiting: 0, lost: 1500 })
})

test('what the bus never takes is given up, and holds nothing up', async (t) => {
  const reasons: string[] = []
  const taken: string[] = []
  const bus = busOf(async ({ id }) => {
    if (id === 'bad') throw new BusError('INPUT', 'no')
    taken.push(id)
  })
  const outbox = new EventReporter(bus, { onLost: (_lost, reason) => reasons.push(reason) })
  for (const id of ['bad', 'good']) outbox.publish(event(id))
  await waitUntil('the good one', () => taken.length === 1)
  t.equal(outbox.figures.lost, 1)
  t.equal(reasons.length, 1)
})

test('a close does not wait for a bus that takes nothing longer than it was told', async (t) => {
  const bus = busOf(() => Promise.reject(new BusError('UNAVAILABLE', 'away')))
  const outbox = new EventReporter(bus, { onLost: () => undefined })
  outbox.publish(event('1'))
  await outbox.close(50)
  await waitUntil('it to be given up', () => outbox.figures.lost === 1)
  outbox.publish(event('2'))
  t.equal(outbox.figures.lost, 2)
})

test('objects that the bus cannot carry are left out', async (t) => {
  const taken: BusEvent[] = []
  const bus = busOf(async (sent) => void taken.push(sent))
  const outbox = new EventReporter(bus, { onLost: () => t.fail('lost') })
  outbox.publish(event('big', { text: 'x'.repeat(1024 * 1024) }))
  await outbox.close(5000)
  t.match(taken[0], { id: 'big', Object: { Omitted: true, Bytes: 1024 * 1024 + 11 }, Original: null })
})

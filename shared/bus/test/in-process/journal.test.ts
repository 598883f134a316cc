import { join } from 'node:path'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { everyEvent } from '../../src/index.ts'
import { busFor, eventWith, openInProcessBus, startScript, wordsAfter } from '../fixtures/test-bus.ts'

test('an owner killed by -9 again and again loses no durable event that was not handled', async (t) => {
  const folder = join(tempFolder(t), 'bus')
  const durable = new Set<string>()
  const handled = new Set<string>()
  for (const args of [[], ['idle'], []]) {
    const child = await startScript(t, 'publisher-process.ts', folder, ...args)
    await waitUntil('some events', () => wordsAfter('durable', child.output.stdout).length > 200)
    child.kill('SIGKILL')
    await child.exited
    for (const id of wordsAfter('durable', child.output.stdout)) durable.add(id)
    for (const id of wordsAfter('handled', child.output.stdout)) handled.add(id)
  }
  t.ok(handled.size < durable.size, 'something was left to handle')
  const bus = await busFor(t, { folder })
  await bus.subscribe({ durable: 'all', match: [everyEvent] }, async ({ id }) => void handled.add(id))
  await waitUntil('the rest', () => [...durable].every((id) => handled.has(id)))
  const figures = await bus.figures()
  t.equal(figures.durable, true)
  t.equal(figures.expired, 0)
})

test('an event whose handler dies with the process is a dead letter after its deliveries', async (t) => {
  const folder = join(tempFolder(t), 'bus')
  const setUp = await busFor(t, { folder })
  const names = { durable: 'all', match: [everyEvent], deliveriesMax: 2 }
  await (await setUp.subscribe(names, async () => undefined)).stop()
  const event = eventWith({ Key: 'hang' })
  await setUp.publish(event)
  await setUp.close()
  for (let round = 1; round <= 2; round += 1) {
    const child = await startScript(t, 'handler-process.ts', '-', folder, 'all')
    await child.waitForOutput(new RegExp(`begun ${event.id} ${round}`))
    child.kill('SIGKILL')
    await child.exited
  }
  const bus = await busFor(t, { folder })
  const subscription = await bus.subscribe(names, async () => void t.fail('it is not delivered again'))
  await waitUntil('a dead letter', async () => (await bus.deadLetters('all')).length === 1)
  t.match(await bus.deadLetters('all'), [{ event, deliveries: 2 }])
  await subscription.stop()
  await bus.close()
  const again = await busFor(t, { folder })
  t.match(await again.deadLetters('all'), [{ event, deliveries: 2, requestId: undefined }])
  t.equal(await again.dropDeadLetter('all', event.id), true)
})

test('an id is known after a restart too', async (t) => {
  const folder = join(tempFolder(t), 'bus')
  const first = await busFor(t, { folder })
  const seen: string[] = []
  const take = async ({ id }: { id: string }) => void seen.push(id)
  await first.subscribe({ durable: 'all', match: [everyEvent] }, take)
  const event = eventWith()
  await first.publish(event)
  await waitUntil('it to be handled', () => seen.length === 1)
  await first.close()
  const second = await busFor(t, { folder })
  await second.subscribe({ durable: 'all', match: [everyEvent] }, take)
  await second.publish(event)
  const last = eventWith()
  await second.publish(last)
  await waitUntil('the last', () => seen.includes(last.id))
  t.same(seen, [event.id, last.id])
})

test('a second process cannot open the same journal', async (t) => {
  const folder = join(tempFolder(t), 'bus')
  await busFor(t, { folder })
  await t.rejects(busFor(t, { folder }), { code: 'UNAVAILABLE' })
})

test('events beyond the limit of number go, the oldest first, and are counted; memory and journal stay small', async (t) => {
  const notices: string[] = []
  const bus = await openInProcessBus({ eventsMax: 100, onNotice: (message) => notices.push(message) })
  t.teardown(() => bus.close())
  const seen: string[] = []
  const names = { durable: 'late', match: [everyEvent] }
  await (await bus.subscribe(names, async () => undefined)).stop()
  const events = Array.from({ length: 250 }, () => eventWith())
  for (const event of events) await bus.publish(event)
  t.match(await bus.figures(), { expired: 150, subscriptions: [{ durable: 'late', lag: 100 }] })
  await bus.subscribe(names, async ({ id }) => void seen.push(id))
  await waitUntil('the rest', () => seen.length === 100)
  t.same(
    seen.toSorted(),
    events
      .slice(150)
      .map(({ id }) => id)
      .toSorted(),
  )
  t.ok(notices.length > 0, 'that there is no journal, and what was lost, is said')
})

test('a store that fails makes publish fail, and nobody sees the event', async (t) => {
  const store = failingStore()
  const bus = await openInProcessBus({ store })
  t.teardown(() => bus.close())
  const seen: string[] = []
  await bus.subscribe({ durable: 'all', match: [everyEvent] }, async ({ id }) => void seen.push(id))
  store.isFull = true
  const event = eventWith()
  await t.rejects(bus.publish(event), { code: 'UNAVAILABLE' })
  store.isFull = false
  t.same(seen, [])
  await bus.publish(event)
  await waitUntil('it to be handled', () => seen.length === 1)
})

const noEntries: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
}

function failingStore() {
  const entries = new Map<string, unknown>()
  return {
    isFull: false,
    async set(key: string, value: unknown) {
      if (this.isFull) throw new Error('no space left')
      entries.set(key, value)
    },
    delete: async (key: string) => entries.delete(key),
    scan: () => noEntries,
    close: async () => undefined,
  }
}

test('a closed bus refuses every call, says so, and may be closed again', async (t) => {
  const bus = await busFor(t)
  t.equal(bus.state, 'connected')
  await bus.close()
  await bus.close()
  t.equal(bus.state, 'closed')
  await t.rejects(bus.publish(eventWith()), { code: 'CLOSED' })
  await t.rejects(
    bus.subscribe({ durable: 'x', match: [everyEvent] }, async () => undefined),
    { code: 'CLOSED' },
  )
  await t.rejects(bus.request(['action', 'x'], 1, { timeoutMs: 100 }), { code: 'CLOSED' })
})

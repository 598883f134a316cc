import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNatsServer, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { everyEvent } from '../../src/index.ts'
import { busFor, eventWith, startScript } from '../fixtures/test-bus.ts'

const all = { durable: 'all', match: [everyEvent], backoffMs: [50] }

test('a server killed and started again in mid-flow loses no event and repeats none to the handler', async (t) => {
  const server = await startNatsServer(t)
  const publisher = await busFor(t, { url: server.url, folder: join(tempFolder(t), 'outbox') })
  const subscriber = await busFor(t, { url: server.url })
  const seen: number[] = []
  await subscriber.subscribe(all, async ({ Object: number }) => void seen.push(Number(number)))
  let published = 0
  const publish = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      await publisher.publish(eventWith({ Key: 'one', Object: published }))
      published += 1
    }
  }
  await publish(100)
  const flow = publish(300)
  await server.kill()
  await flow
  await waitUntil('the outage to be seen', () => publisher.state === 'reconnecting')
  t.ok((await publisher.figures()).outbox.events > 0, 'events are kept meanwhile')
  await publish(50)
  await server.start()
  await waitUntil('all to arrive', () => new Set(seen).size === published, { timeoutMs: 20_000 })
  await sleep(300)
  t.equal(seen.length, published)
  t.same(seen, [...Array(published).keys()], 'in their order')
  t.match(await publisher.figures(), { state: 'connected', outbox: { events: 0, bytes: 0 }, reconnects: 1 })
})

test('what a process kept for a bus that was away is sent by the next one', async (t) => {
  const server = await startNatsServer(t)
  const folder = join(tempFolder(t), 'outbox')
  const first = await busFor(t, { url: server.url, folder })
  await (await first.subscribe(all, async () => undefined)).stop()
  await server.kill()
  await waitUntil('the outage to be seen', () => first.state === 'reconnecting')
  const events = Array.from({ length: 20 }, () => eventWith({ Key: 'one' }))
  for (const event of events) await first.publish(event)
  await first.close()
  await server.start()
  const seen: string[] = []
  const second = await busFor(t, { url: server.url, folder })
  await second.subscribe(all, async ({ id }) => void seen.push(id))
  await waitUntil('all to arrive', () => seen.length === events.length)
  t.same(
    seen,
    events.map(({ id }) => id),
  )
})

test('without a folder a publish during an outage waits, and is rejected at its deadline', async (t) => {
  const server = await startNatsServer(t)
  const bus = await busFor(t, { url: server.url })
  const seen: string[] = []
  await bus.subscribe(all, async ({ id }) => void seen.push(id))
  await server.kill()
  await waitUntil('the outage to be seen', () => bus.state === 'reconnecting')
  await t.rejects(bus.publish(eventWith(), { timeoutMs: 100 }), { code: 'TIMEOUT' })
  const event = eventWith()
  const waiting = bus.publish(event)
  await t.rejects(bus.request(['action', 'x'], 1, { timeoutMs: 100 }), { code: 'TIMEOUT' })
  await server.start()
  await waiting
  await waitUntil('it to arrive', () => seen.includes(event.id), { timeoutMs: 20_000 })
  t.same(seen, [event.id])
})

test('a server that is frozen for seconds holds up no publisher that has a folder, and all arrives after it', async (t) => {
  const server = await startNatsServer(t)
  const bus = await busFor(t, { url: server.url, folder: join(tempFolder(t), 'outbox') })
  const seen: string[] = []
  await bus.subscribe(all, async ({ id }) => void seen.push(id))
  server.freeze()
  const events = Array.from({ length: 50 }, () => eventWith({ Key: 'one' }))
  await Promise.all(events.map((event) => bus.publish(event)))
  await sleep(3000)
  // The signal may reach the server a moment after the first of them.
  t.ok(seen.length < 50)
  server.thaw()
  await waitUntil('all to arrive', () => new Set(seen).size === 50, { timeoutMs: 20_000 })
  t.equal(seen.length, 50)
})

test('an event goes to another subscriber when the one that handles it is killed by -9', async (t) => {
  const server = await startNatsServer(t)
  const bus = await busFor(t, { url: server.url })
  const child = await startScript(t, 'handler-process.ts', server.url, '-', 'all')
  await child.waitForOutput(/ready/)
  const event = eventWith({ Key: 'hang' })
  await bus.publish(event)
  await child.waitForOutput(new RegExp(`begun ${event.id} 1`))
  child.kill('SIGKILL')
  await child.exited
  const seen: { id: string; deliveries: number }[] = []
  await bus.subscribe({ ...all, aliveMs: 2000 }, async ({ id }, { deliveries }) => void seen.push({ id, deliveries }))
  await bus.publish(eventWith())
  await waitUntil('the other to have both', () => seen.length === 2, { timeoutMs: 60_000 })
  t.same(
    seen.filter(({ id }) => id === event.id),
    [{ id: event.id, deliveries: 2 }],
  )
})

test('a streams disk that is lost is made anew, and subscriptions go on', async (t) => {
  const server = await startNatsServer(t)
  const bus = await busFor(t, { url: server.url })
  const seen: string[] = []
  await bus.subscribe(all, async ({ id }) => void seen.push(id))
  await bus.publish(eventWith())
  await waitUntil('one', () => seen.length === 1)
  await server.kill()
  await server.loseDisk()
  await server.start()
  const event = eventWith()
  await bus.publish(event)
  await waitUntil('the next one', () => seen.includes(event.id), { timeoutMs: 30_000 })
})

test('what begins to be served or watched as the server dies is served when it is back', async (t) => {
  const server = await startNatsServer(t)
  const bus = await busFor(t, { url: server.url })
  const caller = await busFor(t, { url: server.url })
  server.freeze()
  const seen: string[] = []
  const served = bus.serve(['define', 'ipmi'], async () => 'here')
  const watched = bus.watch({ match: [everyEvent] }, ({ id }) => void seen.push(id))
  await server.kill()
  await Promise.all([served, watched])
  await server.start()
  const ask = () => caller.request(['define', 'ipmi'], {}, { timeoutMs: 1000 }).catch(() => undefined)
  t.equal(await waitUntil('an answer', ask, { timeoutMs: 20_000 }), 'here')
  const event = eventWith({ Key: 'after' })
  await caller.publish(event)
  await waitUntil('the event', () => seen.includes(event.id))
})

import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { startNatsServer, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { newGate } from '../../src/conformance/world.ts'
import { everyEvent } from '../../src/index.ts'
import { EVENTS_STREAM } from '../../src/nats/nats-names.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

const DURABLE = 'all'
const machines = { Type: 'machines', Action: '*', Key: '*' }
const plugins = { Type: 'plugins', Action: '*', Key: '*' }

async function clientFor(t: Test, url: string): Promise<NatsConnection> {
  const client = await connect({ servers: url })
  t.teardown(() => client.close())
  return client
}

test('a subscriber that comes back after an outage leaves the patterns to those who came after it', async (t) => {
  const server = await startNatsServer(t)
  const [earlier, later] = [await busFor(t, { url: server.url }), await busFor(t, { url: server.url })]
  const seen: string[] = []
  const take = async ({ id }: { id: string }) => void seen.push(id)
  await earlier.subscribe({ durable: DURABLE, match: [machines] }, take)
  await later.subscribe({ durable: DURABLE, match: [machines, plugins] }, take)
  await server.kill()
  await waitUntil('the outage to be seen', () => earlier.state === 'reconnecting' && later.state === 'reconnecting')
  await server.start()
  await waitUntil('both to be back', () => earlier.state === 'connected' && later.state === 'connected')
  const events: string[] = []
  // The subscriber that comes back last might undo what is right before.
  for (let count = 0; count < 20; count += 1) {
    const event = eventWith({ Type: 'plugins' })
    await later.publish(event)
    events.push(event.id)
    await sleep(50)
  }
  await waitUntil('all to be handled', () => events.every((id) => seen.includes(id)))
})

test('a name that is forgotten while another bus is subscribed goes on there, without what was handled before', async (t) => {
  const { url } = await startNatsServer(t)
  const [here, there] = [await busFor(t, { url }), await busFor(t, { url })]
  const handled: string[] = []
  const names = { durable: DURABLE, match: [everyEvent], aliveMs: 600 }
  const first = await here.subscribe(names, async ({ id }) => void handled.push(id))
  for (let count = 0; count < 50; count += 1) await here.publish(eventWith())
  await waitUntil('all to be handled', () => handled.length === 50)
  const seen: string[] = []
  await there.subscribe(names, async ({ id }) => void seen.push(id))
  await first.stop()
  await here.forget(DURABLE)
  const event = eventWith()
  await here.publish(event)
  await waitUntil('the next one', () => seen.length > 0)
  t.same(seen, [event.id])
})

test('a name that is forgotten here, and then stopped there too, is gone', async (t) => {
  const { url } = await startNatsServer(t)
  const notices: string[] = []
  const here = await busFor(t, { url })
  const there = await busFor(t, { url, onNotice: (message) => notices.push(message) })
  const seen: string[] = []
  const take = async ({ id }: { id: string }) => void seen.push(id)
  const names = { durable: DURABLE, match: [everyEvent], aliveMs: 60_000 }
  const second = await there.subscribe(names, take)
  await here.publish(eventWith())
  await waitUntil('it to read', () => seen.length === 1)
  await here.forget(DURABLE)
  await waitUntil('it to notice', () => notices.length > 0)
  // It waits for its own stop for ten seconds.
  await sleep(1000)
  await second.stop()
  await here.publish(eventWith())
  await here.subscribe(names, take)
  const event = eventWith()
  await here.publish(event)
  await waitUntil('the next one', () => seen.includes(event.id))
  t.same(seen.slice(1), [event.id])
})

test('events that the stream let go before they were given to anybody are counted', async (t) => {
  const { url } = await startNatsServer(t)
  const notices: string[] = []
  const manager = await jetstreamManager(await clientFor(t, url))
  await manager.streams.add({ name: EVENTS_STREAM, subjects: ['powerbus.v1.event.>'], max_bytes: 64 * 1024 })
  const bus = await busFor(t, { url, onNotice: (message: string) => notices.push(message) })
  const gate = newGate()
  const seen: string[] = []
  const names = { durable: DURABLE, match: [everyEvent], concurrency: 1, inFlight: 1 }
  await bus.subscribe(names, async ({ id }) => {
    seen.push(id)
    await gate.opened
  })
  const events = Array.from({ length: 300 }, () => eventWith({ Object: 'x'.repeat(1000) }))
  for (const event of events) await bus.publish(event)
  await waitUntil('the first', () => seen.length === 1)
  const { expired, subscriptions } = await bus.figures()
  t.ok(expired > 200, `${expired} are gone`)
  t.equal(expired + (subscriptions[0]?.lag ?? 0) + 1, events.length)
  t.ok(
    notices.some((notice) => notice.includes(DURABLE)),
    'and that is said',
  )
  gate.open()
  await waitUntil('the rest', () => seen.at(-1) === events.at(-1)?.id, { timeoutMs: 20_000 })
  t.equal((await bus.figures()).expired, expired)
  t.equal(seen.length + expired, events.length)
})

import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { startNatsServer, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { type Bus, everyEvent } from '../../src/index.ts'
import { EVENTS_STREAM } from '../../src/nats/nats-names.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

const KILLS = 5
/** Events that each bus has on their way at a time. */
const PUBLISHERS = 24
const KEYS = 40

/** Ids of the events in the stream itself, in their order. */
async function idsInStream(t: Test, url: string): Promise<string[]> {
  const connection = await connect({ servers: url })
  t.teardown(() => connection.close())
  const client = jetstream(connection)
  const { state } = await (await client.jetstreamManager()).streams.info(EVENTS_STREAM)
  const ids: string[] = []
  const messages = await (await client.consumers.get(EVENTS_STREAM)).consume({ max_messages: 1000 })
  for await (const message of messages) {
    ids.push(message.json<{ id: string }>().id)
    if (message.seq >= state.last_seq) break
  }
  return ids
}

test('each acknowledged event is in the stream once, however often the server is killed by -9', async (t) => {
  const server = await startNatsServer(t)
  const { url } = server
  const kept = await busFor(t, { url, folder: join(tempFolder(t), 'outbox') })
  const inMemory = await busFor(t, { url })
  const reader = await busFor(t, { url })
  const seen: string[] = []
  const lastOfKey = new Map<string, number>()
  const disordered: string[] = []
  let cameAgain = 0
  await reader.subscribe(
    { durable: 'all', match: [everyEvent], concurrency: 64 },
    async ({ id, Key, Object: number }, { deliveries }) => {
      seen.push(id)
      if (deliveries > 1) {
        cameAgain += 1
        return
      }
      if (Number(number) <= (lastOfKey.get(Key) ?? -1)) disordered.push(id)
      lastOfKey.set(Key, Number(number))
    },
  )
  const acknowledged: string[] = []
  let isOver = false
  let number = 0
  // Each publisher has keys of its own, so that it decides their order.
  const publishing = async (bus: Bus, name: string) => {
    for (let count = 0; !isOver; count += 1) {
      number += 1
      const event = eventWith({ Key: `${name}-${count % KEYS}`, Object: number })
      await bus.publish(event)
      acknowledged.push(event.id)
      await sleep(1)
    }
  }
  const buses = { kept, inMemory }
  const publishers = Object.entries(buses).flatMap(([name, bus]) =>
    Array.from({ length: PUBLISHERS }, (_, index) => publishing(bus, `${name}-${index}`)),
  )
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = acknowledged.length
    await waitUntil('some events', () => acknowledged.length > before + 400, { timeoutMs: 20_000 })
    await server.kill()
    await sleep(100)
    await server.start()
  }
  isOver = true
  await Promise.all(publishers)
  for (const bus of Object.values(buses)) {
    await waitUntil('the outbox to be empty', async () => (await bus.figures()).outbox.events === 0, {
      timeoutMs: 20_000,
    })
  }
  const ids = await idsInStream(t, url)
  const stored = new Set(ids)
  t.ok(acknowledged.length > KILLS * 400)
  t.same(acknowledged.filter((id) => !stored.has(id)).slice(0, 10), [], 'none is missing in the stream')
  t.equal(stored.size, ids.length, 'none is in it twice')
  await waitUntil('the subscription to have all', () => new Set(seen).size === ids.length, { timeoutMs: 60_000 })
  t.comment(`${acknowledged.length} events, ${cameAgain} of them lost by a killed server on their way`)
  t.equal(seen.length, ids.length, 'each was handled once')
  t.same(disordered.slice(0, 10), [], 'first deliveries in the order of their key')
})

/** The newest file with events of the stream. */
function lastBlock(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const blocks = files.filter((name) => name.includes(`${EVENTS_STREAM}/msgs/`) && name.endsWith('.blk'))
  return join(folder, blocks.sort().at(-1) ?? '')
}

test('what a server acknowledged and lost with its power is in the stream again, and nobody sees it twice', async (t) => {
  const server = await startNatsServer(t)
  const bus = await busFor(t, { url: server.url })
  const watcher = await busFor(t, { url: server.url })
  const watched: string[] = []
  await watcher.watch({ match: [everyEvent] }, ({ id }) => void watched.push(id))
  const events = Array.from({ length: 100 }, (_, index) => eventWith({ Key: `${index % 3}`, Object: index }))
  for (const event of events) await bus.publish(event)
  const ids = events.map(({ id }) => id)
  t.same(await idsInStream(t, server.url), ids)
  await server.kill()
  const block = lastBlock(server.folder)
  truncateSync(block, Math.floor(statSync(block).size / 2))
  await server.start()
  await waitUntil('the bus to be back', () => bus.state === 'connected' && watcher.state === 'connected', {
    timeoutMs: 20_000,
  })
  await waitUntil('the outbox to be empty', async () => (await bus.figures()).outbox.events === 0)
  // A connection that is back sends its subscriptions a moment later, and a watch is shown nothing of that moment.
  const later: string[] = []
  await waitUntil('the watch to be back', async () => {
    const event = eventWith({ Key: 'later' })
    await bus.publish(event)
    later.push(event.id)
    await sleep(50)
    return watched.includes(event.id)
  })
  t.same(await idsInStream(t, server.url), [...ids, ...later])
  t.same(
    watched.filter((id) => !later.includes(id)),
    ids,
  )
})

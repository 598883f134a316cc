import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { startNatsServer, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { type BusEvent, everyEvent } from '../../src/index.ts'
import { consumerNameOf } from '../../src/nats/durable-note.ts'
import { EVENTS_STREAM } from '../../src/nats/nats-names.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

const DURABLE = 'plugin-slack'
const machines = { Type: 'machines', Action: '*', Key: '*' }
const plugins = { Type: 'plugins', Action: '*', Key: '*' }
/** Short, so that a look at the server comes soon. */
const aliveMs = 300

/** The one consumer that the landed version had for this name, as a server showed it. */
const landed = {
  durable_name: DURABLE,
  description: '{"match":[["*","*","*"]]}',
  deliver_policy: 'new',
  ack_policy: 'explicit',
  ack_wait: 1_000_000_000,
  max_deliver: -1,
  filter_subject: 'powerbus.v1.event.*.*.*',
  replay_policy: 'instant',
  max_waiting: 512,
  max_ack_pending: 20_000,
} as never

async function serverOf(t: Test): Promise<{ url: string; client: NatsConnection; manager: JetStreamManager }> {
  const { url } = await startNatsServer(t)
  const client = await connect({ servers: url })
  t.teardown(() => client.close())
  return { url, client, manager: await jetstreamManager(client) }
}

async function consumers(manager: JetStreamManager): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of manager.consumers.list(EVENTS_STREAM)) names.push(name)
  return names.sort()
}

/** A subscriber of the landed version: it keeps asking for events until it is ended, and acknowledges those that `ends` says. */
function landedMember(client: NatsConnection, ends: (event: BusEvent, message: Msg) => boolean) {
  const inbox = `_INBOX.landed${Math.random()}`
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.${DURABLE}`
  const pull = () => client.publish(subject, JSON.stringify({ batch: 256, expires: 2_000_000_000 }), { reply: inbox })
  const seen: string[] = []
  const subscription = client.subscribe(inbox, {
    callback: (_error, message) => {
      if (message.headers?.code) return pull()
      const event = message.json<BusEvent>()
      seen.push(event.id)
      if (ends(event, message)) message.respond('+ACK')
    },
  })
  pull()
  return { seen, stop: () => subscription.unsubscribe() }
}

test('the durable of the landed version is taken over: nothing is lost, and nothing that it had acknowledged is handled again', async (t) => {
  const { url, client, manager } = await serverOf(t)
  const publisher = await busFor(t, { url })
  await manager.consumers.add(EVENTS_STREAM, landed)
  // It ends some events behind one that it does not, and dies.
  const member = landedMember(client, ({ Key }) => !['3', '7'].includes(Key))
  const events = Array.from({ length: 30 }, (_, n) => eventWith({ Key: `${n}` }))
  for (const event of events.slice(0, 20)) await publisher.publish(event)
  await waitUntil('the landed one to have twenty', () => member.seen.length === 20)
  member.stop()
  await client.flush()
  for (const event of events.slice(20)) await publisher.publish(event)
  const seen: string[] = []
  const bus = await busFor(t, { url })
  const options = { durable: DURABLE, match: [everyEvent], aliveMs }
  await bus.subscribe(options, async ({ id }) => void seen.push(id))
  const wanted = events.filter((_, n) => n === 3 || n === 7 || n >= 20).map(({ id }) => id)
  await waitUntil('the rest', () => wanted.every((id) => seen.includes(id)), { timeoutMs: 10_000 })
  const name = consumerNameOf(DURABLE, [everyEvent])
  await waitUntil('the old one to be gone', async () => (await consumers(manager)).length === 1, { timeoutMs: 20_000 })
  t.same(await consumers(manager), [name])
  t.same(seen.toSorted(), wanted.toSorted(), 'each once')
})

test('a subscriber of the landed version that is still there ends what it holds, and is given nothing more', async (t) => {
  const { url, client, manager } = await serverOf(t)
  const publisher = await busFor(t, { url })
  await manager.consumers.add(EVENTS_STREAM, { ...(landed as object), ack_wait: 60_000_000_000 } as never)
  const waiting: Msg[] = []
  const member = landedMember(client, ({ Key }, message) => {
    if (Key !== 'slow') return true
    waiting.push(message)
    return false
  })
  const early = [eventWith({ Key: 'slow' }), ...Array.from({ length: 20 }, () => eventWith())]
  for (const event of early) await publisher.publish(event)
  await waitUntil('the landed one to have all', () => member.seen.length === early.length)
  const seen: string[] = []
  const bus = await busFor(t, { url })
  await bus.subscribe({ durable: DURABLE, match: [everyEvent], aliveMs }, async ({ id }) => void seen.push(id))
  const late = Array.from({ length: 20 }, () => eventWith())
  for (const event of late) await publisher.publish(event)
  for (const message of waiting) message.respond('+ACK')
  await waitUntil('the new one to have the rest', () => seen.length >= late.length)
  await new Promise((resolve) => setTimeout(resolve, 4 * aliveMs))
  t.same(
    seen,
    late.map(({ id }) => id),
    'the new one has what is new',
  )
  t.same(
    member.seen,
    early.map(({ id }) => id),
    'the landed one has what it was given',
  )
  t.same(await consumers(manager), [DURABLE, consumerNameOf(DURABLE, [everyEvent])], 'which is not taken from it')
  member.stop()
  await waitUntil('the old one to be gone', async () => (await consumers(manager)).length === 1, { timeoutMs: 20_000 })
})

test('a replaced subscriber that is started again does not take the name back while the newer is there', async (t) => {
  const { url, manager } = await serverOf(t)
  const [earlier, later] = [await busFor(t, { url }), await busFor(t, { url })]
  const seen: Record<string, string[]> = { earlier: [], later: [] }
  const old = { durable: DURABLE, match: [machines], aliveMs }
  await (await earlier.subscribe(old, async () => undefined)).stop()
  const names = { durable: DURABLE, match: [plugins, machines], aliveMs }
  const newer = await later.subscribe(names, async ({ id }) => void seen.later?.push(id))
  await waitUntil('the first to be gone', async () => (await consumers(manager)).length === 1, { timeoutMs: 20_000 })
  await earlier.subscribe(old, async ({ id }) => void seen.earlier?.push(id))
  await new Promise((resolve) => setTimeout(resolve, 4 * aliveMs))
  const [known, added] = [eventWith({ Type: 'machines' }), eventWith({ Type: 'plugins' })]
  for (const event of [known, added]) await later.publish(event)
  await waitUntil('both', () => seen.later?.length === 2)
  t.same(seen.earlier, [])
  // The newer one is taken back, as by an operator who goes back to the release before.
  await newer.stop()
  const next = eventWith({ Type: 'machines' })
  await later.publish(next)
  await waitUntil('the earlier one to take over', () => seen.earlier?.length === 1, { timeoutMs: 10_000 })
  t.same(seen, { earlier: [next.id], later: [known.id, added.id] })
})

test('a take-over that was cut off between its steps is ended by the next subscriber, from where it began', async (t) => {
  const { url, manager } = await serverOf(t)
  const bus = await busFor(t, { url })
  await (await bus.subscribe({ durable: DURABLE, match: [machines], aliveMs }, async () => undefined)).stop()
  const name = consumerNameOf(DURABLE, [machines])
  const { stream_seq: last } = (await manager.consumers.info(EVENTS_STREAM, name)).delivered
  const description = JSON.stringify({ durable: DURABLE, after: [], next: last + 1 })
  await manager.consumers.update(EVENTS_STREAM, name, { filter_subject: 'powerbus.v1.event.replaced', description })
  const events = Array.from({ length: 5 }, () => eventWith({ Type: 'machines' }))
  for (const event of events) await bus.publish(event)
  // Whoever asks it meanwhile moves it to the end of the stream.
  const seen: string[] = []
  await bus.subscribe({ durable: DURABLE, match: [machines, plugins], aliveMs }, async ({ id }) => void seen.push(id))
  await waitUntil('all', () => seen.length >= events.length)
  t.same(
    seen,
    events.map(({ id }) => id),
  )
})

test('members of old and new patterns in full flow: each event is handled, and once', async (t) => {
  const { url } = await serverOf(t)
  const publisher = await busFor(t, { url })
  const counts = new Map<string, number>()
  const take = async ({ id }: BusEvent) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const old = { durable: DURABLE, match: [machines], aliveMs, inFlight: 50 }
  const first = await (await busFor(t, { url })).subscribe(old, take)
  const second = await (await busFor(t, { url })).subscribe(old, take)
  const published: string[] = []
  let isOver = false
  const flow = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const event = eventWith({ Type: 'machines' })
      await publisher.publish(event)
      published.push(event.id)
    }
  })
  await waitUntil('some', () => counts.size > 100)
  const bus = await busFor(t, { url })
  await bus.subscribe({ ...old, match: [machines, plugins] }, take)
  const then = counts.size
  await waitUntil('some more', () => counts.size > then + 100)
  await first.stop()
  await second.stop()
  const last = counts.size
  await waitUntil('some more', () => counts.size > last + 100)
  isOver = true
  await Promise.all(flow)
  await waitUntil('all', () => counts.size === published.length, { timeoutMs: 20_000 })
  // What the old one gives out between being asked and being replaced may be given out twice.
  const twice = [...counts.values()].filter((count) => count > 1).length
  t.comment(`${published.length} events, ${twice} of them twice`)
  t.ok([...counts.values()].every((count) => count <= 2))
  t.ok(twice <= 100, `no more than the old ones held: ${twice}`)
})

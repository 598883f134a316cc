import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNatsServer, startTcpRelay, tempFolder, waitUntil, within } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { everyEvent } from '../../src/index.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

const OUTAGE_MS = 30_000
const REQUEST_MS = 2_000

/** One bus behind a relay that is cut off for 30 s, in the given way, and one that stays connected. */
async function outage(t: Test, way: 'silence' | 'reset'): Promise<void> {
  const server = await startNatsServer(t)
  const relay = await startTcpRelay(t, server.port)
  const url = `nats://127.0.0.1:${relay.port}`
  const cutOff = await busFor(t, { url, folder: join(tempFolder(t), 'outbox') })
  const near = await busFor(t, { url: server.url })
  const seen: Record<string, string[]> = { near: [], cutOff: [] }
  for (const [durable, bus] of Object.entries({ near, cutOff })) {
    await bus.subscribe({ durable, match: [everyEvent] }, async ({ Key, id }) => {
      if (Key === 'one') seen[durable]?.push(id)
    })
  }
  const answers: unknown[] = []
  await near.serve(['action', 'echo'], async ({ body }) => body)
  await cutOff.serve(['action', 'cut-off'], async ({ body }) => body)
  answers.push(await cutOff.request(['action', 'echo'], 1, { timeoutMs: 10_000 }))
  answers.push(await near.request(['action', 'cut-off'], 2, { timeoutMs: 10_000 }))
  t.same(answers, [1, 2])

  const ids: string[] = []
  const publish = async (bus: typeof near) => {
    const event = eventWith({ Key: 'one' })
    await within('a publish', bus.publish(event), 10_000)
    ids.push(event.id)
  }
  await publish(cutOff)
  relay[way]()
  const cutAt = performance.now()
  while (performance.now() - cutAt < OUTAGE_MS) {
    await publish(cutOff)
    await publish(near)
    const began = performance.now()
    const asked = cutOff.request(['action', 'echo'], 3, { timeoutMs: REQUEST_MS })
    await t.rejects(asked, { code: 'UNREACHED' }, 'a request fails')
    t.ok(performance.now() - began < 4 * REQUEST_MS, 'and does not hang')
    await sleep(200)
  }
  t.ok((await cutOff.figures()).outbox.events > 5, 'events are kept meanwhile')
  relay.restore()
  await publish(cutOff)
  for (const durable of Object.keys(seen)) {
    await waitUntil(`${durable} to have all`, () => new Set(seen[durable]).size === ids.length, { timeoutMs: 40_000 })
    t.same([...(seen[durable] ?? [])].sort(), [...ids].sort(), `${durable} has each once`)
  }
  t.equal(await cutOff.request(['action', 'echo'], 4, { timeoutMs: 20_000 }), 4)
  t.equal(await near.request(['action', 'cut-off'], 5, { timeoutMs: 20_000 }), 5)
  await waitUntil('the outbox to be empty', async () => (await cutOff.figures()).outbox.events === 0)
}

test('NATS cut off for 30 s', async (t) => {
  t.jobs = 2
  await Promise.all([
    t.test('as by a network that drops all: what is published is kept and arrives once', { buffered: true }, (t) =>
      outage(t, 'silence'),
    ),
    t.test('as by a firewall that resets: what is published is kept and arrives once', { buffered: true }, (t) =>
      outage(t, 'reset'),
    ),
  ])
})

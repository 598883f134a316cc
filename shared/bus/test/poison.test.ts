import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNatsServer, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { type Bus, connectBus, type DeadLetter, everyEvent } from '../src/index.ts'
import { eventWith, startScript, wordsAfter } from './fixtures/test-bus.ts'

const DURABLE = 'all'
const names = { durable: DURABLE, match: [everyEvent] }
const INNOCENT = 60
const STARTS_MAX = 20

interface Place {
  readonly url?: string
  readonly folder?: string
}

/** Uses the bus, and lets go of it: the journal belongs to one process at a time. */
async function using<T>(place: Place, work: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectBus({ name: 'test', ...place })
  try {
    return await work(bus)
  } finally {
    await bus.close({ timeoutMs: 500 })
  }
}

function letters(place: Place): Promise<readonly DeadLetter[]> {
  return using(place, (bus) => bus.deadLetters(DURABLE))
}

/** Starts the subscriber again whenever it has died, as a supervisor does, until the poison has become a dead letter. */
async function poisoned(t: Test, place: Place): Promise<void> {
  const events = Array.from({ length: INNOCENT }, (_, index) => eventWith({ Key: `key-${index % 20}` }))
  const poison = eventWith({ Key: 'poison' })
  await using(place, async (bus) => {
    await (await bus.subscribe({ ...names, aliveMs: 1000 }, async () => undefined)).stop()
    for (const event of [...events.slice(0, 5), poison, ...events.slice(5)]) await bus.publish(event)
  })
  const handled: string[] = []
  let deaths = 0
  for (let start = 0; start < STARTS_MAX; start += 1) {
    const child = await startScript(t, 'poisoned-process.ts', place.url ?? '-', place.folder ?? '-', DURABLE)
    await child.waitForOutput(/ready/)
    const all = () => new Set([...handled, ...wordsAfter('handled', child.output.stdout)]).size === INNOCENT
    let isDead = false
    const died = child.exited.then(() => {
      isDead = true
    })
    await waitUntil('its death, or the end of all', () => isDead || all(), { timeoutMs: 30_000 })
    // Where all others are handled, the poison has its time to come again.
    await Promise.race([died, sleep(4000)])
    if (isDead) deaths += 1
    await child.end()
    handled.push(...wordsAfter('handled', child.output.stdout))
    if ((await letters(place)).length > 0 && new Set(handled).size === INNOCENT) break
  }
  const found = await letters(place)
  t.same(
    found.map(({ event }) => event.id),
    [poison.id],
    'the poison is the one dead letter',
  )
  t.ok((found[0]?.deliveries ?? 0) >= 4)
  t.same([...new Set(handled)].sort(), events.map(({ id }) => id).sort(), 'all others were handled')
  t.ok(deaths >= 4 && deaths <= 9, `after ${deaths} deaths`)
}

test('an event that kills each of its subscribers becomes a dead letter, and no other event with it', async (t) => {
  const server = await startNatsServer(t)
  t.jobs = 2
  await Promise.all([
    t.test('on NATS', { buffered: true }, (t) => poisoned(t, { url: server.url })),
    t.test('in process, with a journal', { buffered: true }, (t) =>
      poisoned(t, { folder: join(tempFolder(t), 'bus') }),
    ),
  ])
})

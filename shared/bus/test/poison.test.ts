import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChildProcessHandle, startNatsServer, tempFolder, waitUntil } from '@powerbus/testkit'
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

/** Two subscribers at a time, each started again whenever it has died. */
async function poisonedInTwo(t: Test, url: string): Promise<void> {
  const bus = await connectBus({ name: 'test', url })
  t.teardown(() => bus.close({ timeoutMs: 500 }))
  await (await bus.subscribe({ ...names, aliveMs: 1000 }, async () => undefined)).stop()
  const events = Array.from({ length: INNOCENT }, (_, index) => eventWith({ Key: `key-${index % 20}` }))
  const poison = eventWith({ Key: 'poison' })
  for (const event of [...events, poison]) await bus.publish(event)
  const children: ChildProcessHandle[] = []
  const handled = () => new Set(children.flatMap(({ output }) => wordsAfter('handled', output.stdout)))
  let isOver = false
  const over = waitUntil(
    'all others to be handled, and the poison to be a dead letter',
    async () => handled().size === INNOCENT && (await bus.deadLetters(DURABLE)).length > 0,
    { timeoutMs: 90_000 },
  ).finally(() => {
    isOver = true
  })
  let deaths = 0
  const supervised = async () => {
    while (!isOver) {
      const child = await startScript(t, 'poisoned-process.ts', url, '-', DURABLE)
      children.push(child)
      await Promise.race([over, child.exited.then(() => (deaths += 1))])
    }
  }
  await Promise.all([over, supervised(), supervised()])
  t.same(
    (await bus.deadLetters(DURABLE)).map(({ event }) => event.id),
    [poison.id],
    'the poison is the one dead letter',
  )
  t.same([...handled()].sort(), events.map(({ id }) => id).sort(), 'all others were handled')
  t.ok(deaths >= 4 && deaths <= 9, `after ${deaths} deaths`)
}

test('an event that kills each of its subscribers becomes a dead letter, and no other event with it', async (t) => {
  const [server, second] = [await startNatsServer(t), await startNatsServer(t)]
  t.jobs = 3
  await Promise.all([
    t.test('on NATS', { buffered: true }, (t) => poisoned(t, { url: server.url })),
    t.test('on NATS, with two subscribers', { buffered: true }, (t) => poisonedInTwo(t, second.url)),
    t.test('in process, with a journal', { buffered: true }, (t) =>
      poisoned(t, { folder: join(tempFolder(t), 'bus') }),
    ),
  ])
})

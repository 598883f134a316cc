import { setImmediate as tick } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openStore } from '@powerbus/store'
import { startRedis, tempFolder, VirtualClock } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { PowerConnection, PowerDriver } from '../../src/power/driver.ts'
import { createPowerEngine, type PowerEngine } from '../../src/power/power-engine.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'
import { connectedDriver } from './connected-driver.ts'
import { fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

/** For one BMC. */
const ACTIONS_EACH = 100

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Combined AbortSignals go in several rounds, with turns of the event loop between them. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    collectGarbage()
    await tick()
  }
  return process.memoryUsage().heapUsed
}

/** Actions that wait for their turns, all at once, and how they are got through. */
interface Queue {
  readonly engines: readonly PowerEngine[]
  readonly drivers: readonly PowerDriver[]
  run(actions: Promise<unknown>): Promise<unknown>
}

/** How often each BMC was asked, when half of the queue was done and when all was. */
async function turnsOf({ engines, drivers, run }: Queue, each: number): Promise<{ half: number[]; all: number[] }> {
  const all = drivers.map(() => 0)
  let half: number[] = []
  let ended = 0
  const actions = Array.from({ length: drivers.length * each }, async (_, index) => {
    const engine = engines[index % engines.length]
    const bmc = index % drivers.length
    const driver = drivers[bmc]
    if (driver === undefined || engine === undefined) throw new Error('no such BMC')
    await engine.power('poweron', driver, powerContext('poweron', { 'power/timeout': 3600 }))
    all[bmc] = (all[bmc] ?? 0) + 1
    ended += 1
    if (ended === actions.length / 2) half = [...all]
  })
  await run(Promise.all(actions))
  return { half, all }
}

async function getThrough(t: Test, queue: Queue): Promise<void> {
  await turnsOf(queue, ACTIONS_EACH / 10)
  const before = await heapBytes()
  const { half, all } = await turnsOf(queue, ACTIONS_EACH)
  const grown = (await heapBytes()) - before
  t.ok(
    all.every((count) => count === ACTIONS_EACH),
    'each was done',
  )
  const fewest = Math.min(...half)
  t.ok(fewest >= ACTIONS_EACH / 4, `half way, every BMC has had ${fewest} turns or more`)
  t.ok(grown < 4_000_000, `they leave ${grown} bytes of heap`)
}

/** Machines that are on, and answer in their own time. */
function realDrivers(count: number): PowerDriver[] {
  const connection: PowerConnection = {
    async status() {
      await tick()
      return 'on'
    },
    on: async () => undefined,
  }
  return Array.from({ length: count }, (_, index) => connectedDriver(connection, { key: `192.0.2.${index}:623` }))
}

test('of ten thousand queued actions each is done, every BMC gets its turns, and memory stays flat', async (t) => {
  const clock = new VirtualClock()
  const drivers = Array.from(
    { length: 100 },
    (_, index) => fakeDriver({ clock, key: `192.0.2.${index}:623`, power: 'on' }).driver,
  )
  const engines = [createPowerEngine({ clock, random: () => 0.5 })]
  await getThrough(t, { engines, drivers, run: (actions) => clock.run(actions) })
})

// Each that waits asks the store about once a second: ten thousand in one process are no test of anything else.
test('the same with a thousand that wait in an embedded store', async (t) => {
  const store = await openStore({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const engines = [createPowerEngine({ coordinator: storeCoordinator(store) })]
  await getThrough(t, { engines, drivers: realDrivers(10), run: (actions) => actions })
})

test('the same with five hundred that wait in Redis, in three replicas', async (t) => {
  const { url } = await startRedis(t)
  const engines = await Promise.all(
    [1, 2, 3].map(async () => {
      const store = await openStore({ url, folder: '' })
      t.teardown(() => store.close())
      return createPowerEngine({ coordinator: storeCoordinator(store) })
    }),
  )
  await getThrough(t, { engines, drivers: realDrivers(5), run: (actions) => actions })
})

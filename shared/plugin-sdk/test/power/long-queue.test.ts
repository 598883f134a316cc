import { setImmediate as tick } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'tap'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'
import { VirtualClock } from './virtual-clock.ts'

const BMCS = 100
const ACTIONS = 10_000

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

test('of ten thousand queued actions each is done, every BMC gets its turns, and memory stays flat', async (t) => {
  const clock = new VirtualClock()
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const fakes = Array.from({ length: BMCS }, (_, index) =>
    fakeDriver({ clock, key: `192.0.2.${index}:623`, slowMs: 10 }),
  )
  const done = new Array<number>(BMCS).fill(0)
  let fewestAtHalf = 0
  let ended = 0
  const queue = async () => {
    const all = Array.from({ length: ACTIONS }, async (_, index) => {
      const { driver } = fakes[index % BMCS] ?? {}
      if (driver === undefined) throw new Error('no such BMC')
      await engine.power('powerstatus', driver, powerContext('powerstatus', { 'power/timeout': 3600 }))
      done[index % BMCS] = (done[index % BMCS] ?? 0) + 1
      ended += 1
      if (ended === ACTIONS / 2) fewestAtHalf = Math.min(...done)
    })
    await clock.run(Promise.all(all))
  }
  await queue()
  const before = await heapBytes()
  await queue()
  const grown = (await heapBytes()) - before
  t.ok(
    done.every((count) => count === (2 * ACTIONS) / BMCS),
    'each was done',
  )
  t.ok(fewestAtHalf >= ACTIONS / BMCS / 4, `half way, every BMC has had ${fewestAtHalf} turns or more`)
  t.ok(grown < 2_000_000, `a second queue of them leaves ${grown} bytes of heap`)
})

import { test } from 'tap'
import { defaultTimes } from '../../src/times.ts'
import { Bench } from '../fixtures/bench.ts'
import { Doom, unlessDead } from '../fixtures/doom.ts'

/** More calls of store, cloud and endpoint than a whole creation makes. */
const CALLS = 60
/** Time for the searches after a lost create, and a survey. */
const REST_MS = 400_000
/** Time from a machine's creation until its device is recorded or deleted. */
const LIFE_MS = 60_000

interface Story {
  readonly name: string
  /** Set-up, before the process that dies. */
  readonly before?: (bench: Bench) => Promise<unknown>
  /** Events while the doomed process runs. */
  readonly happens: (bench: Bench) => Promise<unknown>
  /** Number of devices allowed at the end, without the reported ones. */
  readonly devices: readonly number[]
}

const create = async (bench: Bench) => {
  await unlessDead(bench.newMachine())
  await bench.clock.pass(LIFE_MS)
}

const stories: readonly Story[] = [
  { name: 'a creation', happens: create, devices: [1] },
  {
    name: 'a creation whose answer is lost',
    before: async ({ cloud }) => cloud.trouble('create', 'lost'),
    happens: create,
    devices: [1],
  },
  {
    name: 'a creation that is undone',
    before: async ({ cloud }) => cloud.fates.push('fails'),
    happens: create,
    devices: [0],
  },
  {
    name: 'a creation whose device becomes active too late',
    before: async (bench) => {
      bench.cloud.fates.push('stuck')
      await bench.newMachine()
      await bench.clock.pass(defaultTimes.readyMs - LIFE_MS / 2)
    },
    happens: async (bench) => {
      await bench.clock.pass(LIFE_MS)
      bench.cloud.change({ fate: 'good' })
    },
    // One, if the process died before it saw the timeout.
    devices: [0, 1],
  },
  {
    name: 'a createVm',
    happens: async (bench) => {
      const [asked, ended] = [new AbortController(), bench.clock.pass(LIFE_MS)]
      const params = { 'packet/api-key': 'key', 'packet/name': 'vm', 'power/request-id': 'once' }
      const answer = unlessDead(bench.run('createVm', params, asked.signal))
      await ended
      asked.abort()
      await answer
      await bench.restart()
      await bench.clock.run(bench.run('createVm', params))
    },
    devices: [1],
  },
  {
    name: 'a deletion',
    before: create,
    happens: async (bench) => {
      for (const { Uuid } of [...bench.machines.all.values()]) await unlessDead(bench.deleteMachine(Uuid))
      await bench.clock.pass(LIFE_MS)
    },
    devices: [0],
  },
]

for (const { name, before, happens, devices } of stories)
  test(`${name} killed by -9 at any step leaves no second and no forgotten device`, async (t) => {
    let died = 0
    for (let at = 1; at <= CALLS; at++) {
      const bench = new Bench()
      bench.cloud.readyMs = 10_000
      const doom = new Doom(at)
      await bench.begin(doom)
      await before?.(bench)
      doom.arm()
      await happens(bench)
      if (doom.isDead) died++
      await bench.restart()
      // The endpoint's stream delivers the event again after a broken connection.
      await bench.catchUp()
      await bench.clock.pass(REST_MS)
      const where = `killed after doing ${at}`
      const there = bench.cloud.there.map(({ id }) => id)
      const owned = [...bench.machines.all.values()].map(({ Params }) => Params['packet/uuid'])
      const { Leftovers, Creating, Deleting } = await bench.status()
      const told = Leftovers.map(({ deviceId }: { readonly deviceId: string }) => deviceId)
      const forgotten = there.filter((id) => !owned.includes(id) && !told.includes(id))
      if (forgotten.length > 0) t.fail(`${where}: ${forgotten} is forgotten`)
      if (there.length > 1) t.fail(`${where}: ${there.length} devices`)
      if (!devices.includes(there.length - told.length))
        t.fail(`${where}: ${there.length} devices, ${told.length} told of`)
      const lost = owned.filter((id) => id !== undefined && !there.includes(String(id)))
      if (lost.length > 0) t.fail(`${where}: a machine has ${lost}, which is gone`)
      if (Creating.length + Deleting.length > 0) t.fail(`${where}: it is not over`)
      await bench.plugin.stop?.()
    }
    t.ok(died > 30, `${died} deaths`)
  })

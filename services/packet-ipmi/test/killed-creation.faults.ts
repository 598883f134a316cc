import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import {
  endScope,
  type FaultyMetalApi,
  faultSeeds,
  type LaunchedPlugin,
  openScope,
  type PlacedFault,
  startBuiltEndpoint,
  startFaultyMetalApi,
  tempFolder,
  unixRequest,
  waitUntil,
} from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { launchConfigured, quickPlugin } from './fixtures/launched.ts'

/*
 * A run is one killed creation: our endpoint (its own process) gets a machine, the plugin's process begins to make its
 * device in an emulated cloud, and SIGKILL ends the plugin meanwhile. A life of the plugin has ten runs and ends at one of
 * the steps below, so 20 lives make 200 runs. Later lives go on with the unfinished work of earlier ones.
 */
const LIVES = 20
const RUNS_EACH = 10
const UNDER_WAY = 'the create is under way'

/**
 * Where a life ends, and how the cloud holds its creations there. What is held goes on in the cloud when the plugin is
 * dead.
 */
const steps: readonly {
  readonly name: string
  readonly hold: (api: FaultyMetalApi, life: number) => PlacedFault | undefined
}[] = [
  { name: 'at any moment after the machines are made', hold: () => undefined },
  {
    name: 'looking for a device with the tag',
    hold: ({ faults }) =>
      faults.add({
        effect: { kind: 'hang' },
        calls: ['findProjectDevices'],
        where: ({ query }) => query.tag !== undefined,
        times: RUNS_EACH,
      }),
  },
  {
    // In the second half of the lives these creates arrive after everything else is over.
    name: UNDER_WAY,
    hold: ({ faults }) => faults.add({ effect: { kind: 'hang' }, calls: ['createDevice'], times: RUNS_EACH }),
  },
  {
    name: 'the device is made, and the answer is not read',
    hold: ({ faults }) =>
      faults.add({ effect: { kind: 'hang', after: true }, calls: ['createDevice'], times: RUNS_EACH }),
  },
  {
    name: 'answers of creates are lost, or the creates themselves',
    hold: ({ faults }, life) => {
      const kind = life < steps.length ? 'lostAnswer' : 'cutBefore'
      return faults.add({ effect: { kind }, calls: ['createDevice'], times: RUNS_EACH })
    },
  },
  {
    name: 'some devices are made, and their ids are just being recorded',
    hold: ({ faults }) =>
      faults.add({ effect: { kind: 'slowBody', everyMs: 0 }, calls: ['createDevice'], times: RUNS_EACH }),
  },
  {
    name: 'waiting for the devices',
    hold: ({ faults }) => faults.add({ effect: { kind: 'hang' }, calls: ['findDeviceById'], times: RUNS_EACH }),
  },
  {
    name: 'before the machines are told of usable devices',
    hold: ({ faults, devices, stateOf }) =>
      faults.add({
        effect: { kind: 'hang' },
        calls: ['findDeviceById'],
        // The second look at an active device is the one before it is recorded.
        where: seenTwice((id) => devices().some((device) => device.id === id && stateOf(device) === 'active')),
        times: RUNS_EACH,
      }),
  },
  {
    name: 'devices that failed are to be deleted',
    hold: (api) => {
      api.destine(...Array.from({ length: RUNS_EACH }, () => 'fails' as const))
      return api.faults.add({ effect: { kind: 'hang' }, calls: ['deleteDevice'], times: RUNS_EACH })
    },
  },
  {
    name: 'devices that failed are deleted, and nobody knows',
    hold: (api) => {
      api.destine(...Array.from({ length: RUNS_EACH }, () => 'fails' as const))
      return api.faults.add({ effect: { kind: 'hang', after: true }, calls: ['deleteDevice'], times: RUNS_EACH })
    },
  },
]

async function runLives(t: Test, seed: number): Promise<void> {
  t.comment(`seed ${seed}`)
  const executable = await quickPlugin(t)
  const endpoint = await startBuiltEndpoint(t, tempFolder(t), tempFolder(t))
  const { drp } = endpoint
  const times = { queuedMs: 30, provisioningMs: 300, addressesMs: 150, portsMs: 250, deprovisionMs: 50 }
  const api = await startFaultyMetalApi(t, { times })
  const stateDir = tempFolder(t)
  const random = seeded(seed)
  const launch = { executable, endpoint, api, stateDir }

  const late: PlacedFault[] = []
  const interrupted = new Map<string, number>()
  for (let life = 0; life < LIVES; life++) {
    const { name, hold } = steps[life % steps.length] ?? steps[0] ?? { name: '', hold: () => undefined }
    const scope = openScope()
    let held: PlacedFault | undefined
    try {
      const plugin = await launchConfigured(scope, { ...launch, again: life > 0 })
      const placed = hold(api, life)
      held = placed
      const names = Array.from({ length: RUNS_EACH }, (_, index) => `life-${life}-${index}`)
      await Promise.all(names.map((Name) => drp.machines.create({ Name, Params: { 'machine-plugin': 'packet-ipmi' } })))
      const wanted = placed && 1 + Math.floor(random() * RUNS_EACH)
      if (placed && wanted) {
        const limits = { timeoutMs: 60_000, intervalMs: 5 }
        await waitUntil(`${name}: ${wanted} of ${RUNS_EACH}`, () => placed.hits >= wanted, limits)
      }
      await new Promise((resolve) => setTimeout(resolve, random() * (held ? 20 : 400)))
      plugin.process.kill('SIGKILL')
      await plugin.process.exited
    } finally {
      if (held && name === UNDER_WAY && life >= steps.length) late.push(held)
      else held?.remove()
      await endScope(scope)
    }
    for (const phase of await phasesIn(join(stateDir, 'plugin')))
      interrupted.set(phase, (interrupted.get(phase) ?? 0) + 1)
  }
  t.comment(`killed in: ${[...interrupted].map(([phase, count]) => `${phase} ${count}`).join(', ')}`)
  for (const phase of ['planned', 'sending', 'waiting', 'recording', 'deletion']) t.ok(interrupted.get(phase), phase)

  const plugin = await launchConfigured(t, { ...launch, again: true })
  const status = () => statusOf(plugin)
  await waitUntil(
    'all creations and deletions to be over',
    async () => {
      const { Creating, Deleting } = await status()
      const machines = await drp.machines.list()
      const isTold = machines.every(({ Params }) => Params['packet/uuid'] || Params['packet/problem'])
      return isTold && Creating.length === 0 && Deleting.length === 0
    },
    { timeoutMs: 180_000, intervalMs: 250 },
  )

  const machines = await drp.machines.list()
  t.equal(machines.length, LIVES * RUNS_EACH)
  const owners = new Map<unknown, number>()
  for (const { Params } of machines) {
    const id = Params['packet/uuid']
    if (id !== undefined) owners.set(id, (owners.get(id) ?? 0) + 1)
  }
  const reported = async () => new Set((await status()).Leftovers.map(({ deviceId }) => deviceId))
  /** Devices that neither belong to exactly one machine nor are reported. */
  const forgotten = async () => {
    const known = await reported()
    const there = api.devices().filter((device) => api.stateOf(device) !== 'deprovisioning')
    return there.map(({ id }) => id).filter((id) => owners.get(id) !== 1 && !known.has(id))
  }
  t.same(await forgotten(), [], 'every device is that of exactly one machine, or is reported')
  t.same([...(await reported())], [], 'and none needs to be, before the late creates come through')
  const lateCount = late.reduce((sum, { hits }) => sum + hits, 0)
  const before = api.counts.created
  for (const held of late) held.release()
  await waitUntil('the late creates', () => api.counts.created >= before + lateCount, { timeoutMs: 60_000 })
  const isTold = async () => (await forgotten()).length === 0
  await waitUntil('each late device to be reported', isTold, { timeoutMs: 90_000, intervalMs: 250 })
  const devices = api.devices().filter((device) => api.stateOf(device) !== 'deprovisioning')
  const alive = new Set(devices.map(({ id }) => id))
  t.same(
    [...owners.keys()].filter((id) => !alive.has(String(id))),
    [],
    'every machine has the device that it names',
  )
  const good = machines.filter(({ Params }) => Params['packet/uuid'])
  for (const { Name, Address, HardwareAddrs, Params } of good) {
    if (Address && HardwareAddrs?.length === 2 && Params['packet/problem'] === undefined) continue
    t.fail(`${Name} was not told all`)
  }
  const { created, deleted } = api.counts
  t.comment(
    `${created} devices were made and ${deleted} deleted; ${owners.size} machines have one, ${(await reported()).size} are reported`,
  )
  t.ok(owners.size >= LIVES * RUNS_EACH * 0.7, 'the devices that did not fail are kept')
}

for (const seed of faultSeeds({ first: 20_260_630, few: 1, all: 5 })) {
  const name = `kill -9 at each step of 200 creations leaves no second and no forgotten device (seed ${seed})`
  test(name, { timeout: 600_000 }, (t) => runLives(t, seed))
}

interface Status {
  readonly Creating: readonly unknown[]
  readonly Deleting: readonly unknown[]
  readonly Leftovers: readonly { readonly deviceId: string }[]
}

async function statusOf({ toPath }: LaunchedPlugin): Promise<Status> {
  const answer = await unixRequest({ socketPath: toPath, method: 'GET', path: '/plugin-apis/packet-ipmi/status' })
  return answer.json() as Status
}

/** Phases of the work in the records of a dead plugin. */
async function phasesIn(folder: string): Promise<readonly string[]> {
  const store = await EmbeddedStore.open({ folder })
  try {
    const phases: string[] = []
    for await (const { key, value } of store.scan('')) {
      if (/(^|\/)deletion\/\{/.test(key)) phases.push('deletion')
      if (/(^|\/)creation\/\{/.test(key)) phases.push(String(Reflect.get(Object(value), 'phase')))
    }
    return phases.filter((phase) => phase !== 'done' && phase !== 'failed')
  } finally {
    await store.close()
  }
}

function seenTwice(
  counts: (id: string) => boolean,
): (request: { params: Readonly<Record<string, string>> }) => boolean {
  const seen = new Set<string>()
  return ({ params }) => {
    const { id = '' } = params
    if (!counts(id)) return false
    if (seen.has(id)) return true
    seen.add(id)
    return false
  }
}

/** Numbers in [0, 1), the same ones for each seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

import { decodeMachine, type Machine } from '@powerbus/drp'
import { type Endpoint, type Plugin, readParamValues, Secret, systemClock } from '@powerbus/plugin-sdk'
import { openStore, prefixedStore, type Store } from '@powerbus/store'
import { startRedis, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { packetIpmiPlugin } from '../src/plugin.ts'
import { defaultTimes } from '../src/times.ts'
import { config, silent } from './fixtures/bench.ts'
import { Doom, unlessDead } from './fixtures/doom.ts'
import { FakeCloud } from './fixtures/fake-cloud.ts'
import { FakeMachines } from './fixtures/fake-machines.ts'

const MACHINES = 12
const times = { ...defaultTimes, pollMs: 50, pollMostMs: 200, settleMs: 1000, scanMs: 200, lockMs: 2000 }
const signal = new AbortController().signal

const endpoint: Endpoint = {
  apiUrl: '',
  token: new Secret('token'),
  fileServerUrl: '',
  webRoot: '',
  publish: async () => undefined,
  objects: async () => [],
  api: () => ({}) as ReturnType<Endpoint['api']>,
}

interface Replica {
  readonly plugin: Plugin
  readonly store: Store
  readonly doom: Doom
}

async function replica(
  t: Test,
  url: string,
  owner: string,
  cloud: FakeCloud,
  machines: FakeMachines,
): Promise<Replica> {
  const doom = new Doom()
  const redis = await openStore({ url, folder: tempFolder(t) })
  const store = prefixedStore(redis, 'packet-ipmi/packet-ipmi/')
  const openCloud = () => doom.over(cloud)
  const plugin = packetIpmiPlugin({ openCloud, clock: systemClock, times, owner, machines: doom.over(machines) })
  const params = readParamValues(plugin.params, config)
  const logs = { log: silent, backgroundLog: silent }
  await plugin.config?.({ params, name: 'packet-ipmi', ...logs, endpoint, signal, state: async () => store })
  t.teardown(async () => {
    await unlessDead(plugin.stop?.() ?? Promise.resolve())
    await redis.close()
  })
  return { plugin, store: redis, doom }
}

async function tell({ plugin, store }: Replica, Action: string, machine: Machine): Promise<void> {
  const event = {
    Time: '',
    Type: 'machines',
    Action,
    Key: machine.Uuid,
    Principal: '',
    Object: machine,
    Original: null,
  }
  await plugin.events?.handle(event, { log: silent, endpoint, signal, state: async () => store })
}

test('replicas over Redis share the creations, and a live one goes on with those of a dead one', async (t) => {
  const { url } = await startRedis(t)
  const cloud = new FakeCloud(systemClock)
  cloud.readyMs = 1000
  const machines = new FakeMachines()
  const first = await replica(t, url, 'first', cloud, machines)
  const second = await replica(t, url, 'second', cloud, machines)
  const made = Array.from({ length: MACHINES }, (_, number) =>
    machines.add({ Name: `node-${number}`, Params: { 'machine-plugin': 'packet-ipmi' } }),
  )
  cloud.trouble('create', 'lost', 3)
  for (const machine of made) await Promise.all([tell(first, 'create', machine), tell(second, 'create', machine)])
  await waitUntil('some devices', () => cloud.made.length > MACHINES / 2, { timeoutMs: 30_000 })
  // As by kill -9: no further call, and no renewal of locks.
  first.doom.die()
  await first.store.close()
  const hasDevice = ({ Uuid }: Machine) => decodeMachine(machines.all.get(Uuid)).Params['packet/uuid'] !== undefined
  await waitUntil('all machines to have their devices', () => made.every(hasDevice), { timeoutMs: 60_000 })
  t.equal(cloud.made.length, MACHINES)
  t.equal(new Set([...machines.all.values()].map(({ Params }) => Params['packet/uuid'])).size, MACHINES)
})

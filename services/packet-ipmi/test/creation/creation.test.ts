import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { Bench } from '../fixtures/bench.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

async function begun(): Promise<Bench> {
  const bench = new Bench()
  await bench.configure()
  return bench
}

test('a machine of this plugin gets a device and its fields', async (t) => {
  const bench = await begun()
  const { Uuid } = await bench.newMachine({ Name: 'node-01', Profiles: ['rack'], Params: { 'packet/plan': 'big' } })
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  const device = bench.cloud.there[0]
  t.equal(bench.cloud.made.length, 1)
  t.match(device, {
    tags: [`powerbus-machine=${Uuid}`],
    spec: { hostname: 'node-01', plan: 'big', projectId: 'project', ipxeScriptUrl: 'http://files/default.ipxe' },
  })
  t.match(bench.machine(Uuid), {
    Name: 'node-01',
    Address: '198.51.100.1',
    HardwareAddrs: ['02:00:00:00:00:01'],
    Profiles: ['rack', 'packet-console'],
    Params: {
      'packet/uuid': device?.id,
      'packet/sos': `${device?.id}@sos.ewr1.packet.net`,
      'machine-plugin': 'packet-ipmi',
    },
  })
  t.strictSame(bench.told(Uuid), ['planned', 'sending', 'waiting', 'waiting', 'ready'])
  await bench.plugin.stop?.()
})

test("machines are made and completed at an endpoint without the bundle's profile", async (t) => {
  const bench = await begun()
  bench.machines.unknownProfiles.add('packet-console')
  const { Uuid } = await bench.newMachine({ Profiles: ['rack'] })
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.strictSame(bench.machine(Uuid).Profiles, ['rack'])
  const made = (await bench.clock.run(bench.run('createVm', { 'packet/api-key': 'key' }))) as { readonly Uuid: string }
  t.strictSame(bench.machine(made.Uuid).Profiles, [])
  await bench.plugin.stop?.()
})

test('a repeated event makes no second device, also after a restart', async (t) => {
  const bench = await begun()
  const machine = await bench.newMachine()
  await bench.event('create', machine)
  await bench.clock.until(() => bench.told(machine.Uuid).includes('ready'))
  await bench.restart()
  await bench.event('create', machine)
  await bench.catchUp()
  await bench.clock.pass(30 * MINUTE_MS)
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test('machines of other plugins and machines with a device get none', async (t) => {
  const bench = await begun()
  await bench.newMachine({ Params: { 'machine-plugin': 'virtualbox-ipmi' } })
  await bench.newMachine({ Params: { 'packet/uuid': 'abc' } })
  await bench.event('create', bench.machines.add({ Name: 'plain' }))
  await bench.clock.pass(5 * MINUTE_MS)
  t.equal(bench.cloud.calls.filter((name) => name === 'create').length, 0)
  await bench.plugin.stop?.()
})

test('handling an event does not wait for the device', async (t) => {
  const bench = await begun()
  const before = bench.clock.nowMs()
  bench.cloud.trouble('list', 'unreachable', 5)
  await bench.newMachine()
  await bench.newMachine()
  t.equal(bench.clock.nowMs(), before)
  await bench.clock.until(() => bench.cloud.there.length === 2)
  await bench.plugin.stop?.()
})

test('a lost answer makes no second device', async (t) => {
  for (const listedAfterMs of [0, 50_000, 110_000]) {
    const bench = await begun()
    bench.cloud.listedAfterMs = listedAfterMs
    bench.cloud.trouble('create', 'lost')
    const { Uuid } = await bench.newMachine()
    await bench.clock.until(() => bench.told(Uuid).includes('ready'))
    t.equal(bench.cloud.made.length, 1)
    await bench.plugin.stop?.()
  }
})

test('a create that always fails is reported after 15 minutes and sent less and less often', async (t) => {
  const bench = await begun()
  const sentAtMs: number[] = []
  bench.cloud.create = async () => {
    sentAtMs.push(bench.clock.nowMs())
    throw new PowerbusError('OUTCOME_UNKNOWN', '500')
  }
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('stuck'))
  const minutes = (bench.clock.nowMs() - (sentAtMs[0] ?? 0)) / MINUTE_MS
  t.ok(minutes >= 15 && minutes <= 25, `${minutes}`)
  t.match((await bench.status()).Troubles, [{ id: Uuid, kind: 'creation' }])
  await bench.clock.pass(6 * HOUR_MS)
  t.equal(bench.told(Uuid).filter((action) => action === 'stuck').length, 1)
  const pauses = sentAtMs.slice(1).map((atMs, index) => atMs - (sentAtMs[index] ?? 0))
  t.ok((pauses[0] ?? 0) >= 2 * MINUTE_MS && (pauses[0] ?? 0) <= 5 * MINUTE_MS, `${pauses}`)
  t.ok(Math.max(...pauses) >= 10 * MINUTE_MS && Math.max(...pauses) <= 30 * MINUTE_MS, `${pauses}`)
  t.equal(Math.max(...pauses), pauses.at(-1))
  Reflect.deleteProperty(bench.cloud, 'create')
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.strictSame((await bench.status()).Troubles, [])
  await bench.plugin.stop?.()
})

test('no create is sent after an incomplete or failed listing', async (t) => {
  const bench = await begun()
  bench.cloud.trouble('list', 'incomplete', 10)
  bench.cloud.trouble('list', 'unreachable', 10)
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.cloud.troubles.every(({ times }) => times === 0))
  t.equal(bench.cloud.made.length, 0)
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  t.ok(bench.told(Uuid).includes('stuck'))
  await bench.plugin.stop?.()
})

test('a wrong empty listing after a lost answer leaves no second device in the end', async (t) => {
  const bench = await begun()
  await bench.clock.pass(1000)
  bench.cloud.trouble('create', 'lost')
  bench.cloud.trouble('list', 'empty', 1000)
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.cloud.made.length === 2)
  bench.cloud.troubles.length = 0
  await bench.clock.until(() => bench.told(Uuid).includes('deleted'))
  t.equal(bench.cloud.made.length, 2)
  t.equal(bench.cloud.there.length, 1)
  t.equal(bench.machine(Uuid).Params['packet/uuid'], bench.cloud.there[0]?.id)
  await bench.plugin.stop?.()
})

test('wrong empty listings for longer leave a second device that is reported', async (t) => {
  const bench = await begun()
  await bench.clock.pass(1000)
  bench.cloud.trouble('create', 'lost')
  bench.cloud.trouble('list', 'empty', 1000)
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  bench.cloud.troubles.length = 0
  await bench.clock.until(() => bench.told(Uuid).includes('handed-over'))
  const other = bench.cloud.made.find(({ id }) => id !== bench.machine(Uuid).Params['packet/uuid'])
  t.match((await bench.status()).Leftovers, [{ deviceId: other?.id }])
  await bench.clock.run(bench.run('destroyVm', { 'packet/api-key': 'key', 'packet/uuid': other?.id }))
  t.strictSame((await bench.status()).Leftovers, [])
  await bench.plugin.stop?.()
})

test('a rate limit, a refused key and an absent API are retried', async (t) => {
  const bench = await begun()
  bench.cloud.trouble('create', 'busy', 2)
  bench.cloud.trouble('create', 'unreachable', 2)
  bench.cloud.trouble('create', 'denied', 2)
  bench.cloud.trouble('get', 'unreachable', 4)
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test('a refused create sets packet/problem and is not retried', async (t) => {
  const bench = await begun()
  bench.cloud.trouble('create', 'refused')
  const machine = await bench.newMachine()
  await bench.clock.until(() => bench.told(machine.Uuid).includes('failed'))
  await bench.event('create', machine)
  await bench.catchUp()
  await bench.clock.pass(60 * MINUTE_MS)
  t.equal(bench.cloud.calls.filter((name) => name === 'create').length, 1)
  t.type(bench.machine(machine.Uuid).Params['packet/problem'], 'string')
  t.match((await bench.status()).Failed, [{ id: machine.Uuid, failure: { code: 'TARGET_STATE' } }])
  await bench.plugin.stop?.()
})

test('an invalid param fails the creation before anything is sent', async (t) => {
  const bench = await begun()
  const { Uuid } = await bench.newMachine({ Params: { 'packet/plan': 7 } })
  await bench.clock.until(() => bench.told(Uuid).includes('failed'))
  t.equal(bench.cloud.made.length, 0)
  t.match(bench.machine(Uuid).Params['packet/problem'], /packet\/plan/)
  await bench.plugin.stop?.()
})

test('a creation goes on after an outage of the endpoint', async (t) => {
  const bench = await begun()
  const { Uuid } = await bench.newMachine()
  bench.machines.failures = 40
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test('status shows the devices that are being made and their troubles', async (t) => {
  const bench = await begun()
  bench.cloud.trouble('list', 'unreachable', 100)
  const { Uuid } = await bench.newMachine({ Name: 'node-07' })
  await bench.clock.pass(MINUTE_MS)
  t.match(await bench.status(), {
    Creating: [{ id: Uuid, name: 'node-07', phase: 'planned' }],
    Troubles: [{ id: Uuid, kind: 'creation' }],
  })
  await bench.plugin.stop?.()
})

test('a creation that began at another address is not continued', async (t) => {
  const bench = await begun()
  const machine = await bench.newMachine()
  await bench.clock.until(() => bench.cloud.made.length === 1)
  Object.defineProperty(bench.cloud, 'key', { value: 'https://other.test' })
  await bench.restart()
  await bench.clock.pass(60 * MINUTE_MS)
  t.equal(bench.cloud.made.length, 1)
  t.equal(bench.machine(machine.Uuid).Params['packet/uuid'], undefined)
  t.match((await bench.status()).Troubles, [{ id: machine.Uuid }])
  await bench.plugin.stop?.()
})

test('two replicas with the same event make one device, and the live one goes on', async (t) => {
  const bench = await begun()
  const other = await bench.replica()
  const machine = bench.machines.add({ Params: { 'machine-plugin': 'packet-ipmi' } })
  await bench.event('create', machine, [bench.plugin, other])
  await bench.clock.until(() => bench.cloud.made.length === 1)
  await bench.clock.pass(1000)
  bench.doom.die()
  await bench.clock.pass(MINUTE_MS)
  t.notOk(bench.told(machine.Uuid).includes('ready'), 'what one holds, the other leaves alone')
  bench.store.restart('test')
  await bench.clock.until(() => bench.told(machine.Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  await other.stop?.()
})

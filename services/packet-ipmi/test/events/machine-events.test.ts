import { randomUUID } from 'node:crypto'
import type { Machine } from '@powerbus/drp'
import { test } from 'tap'
import { keyOf } from '../../src/records/kept-records.ts'
import { tagOf } from '../../src/records/records.ts'
import { Bench, silent } from '../fixtures/bench.ts'
import { FakeCloud } from '../fixtures/fake-cloud.ts'

const MINUTE_MS = 60_000

/** A machine with a device that this plugin made. */
async function withDevice(
  params: Readonly<Record<string, unknown>> = {},
  profiles: readonly string[] = [],
): Promise<{ readonly bench: Bench; readonly machine: Machine }> {
  const bench = new Bench()
  await bench.configure()
  const { Uuid } = await bench.newMachine({ Params: params, Profiles: profiles })
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  return { bench, machine: bench.machine(Uuid) }
}

test("a deleted machine's device is deleted, however long the API is away", async (t) => {
  const { bench, machine } = await withDevice()
  bench.cloud.trouble('delete', 'unreachable', 8)
  bench.cloud.trouble('get', 'unreachable', 8)
  await bench.deleteMachine(machine.Uuid)
  await bench.clock.until(() => bench.told(machine.Uuid).includes('deleted'))
  t.equal(bench.cloud.there.length, 0)
  t.match(await bench.status(), {
    Creating: { length: 0 },
    Failed: { length: 0 },
    Deleting: { length: 0 },
    Leftovers: { length: 0 },
  })
  await bench.plugin.stop?.()
})

test('the device of a machine that came with its packet/uuid is reported, and deleted only if it was made for that machine', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const Uuid = randomUUID()
  for (const [tags, stays] of [
    [[], 1],
    [[tagOf(Uuid)], 0],
  ] as const) {
    const id = await bench.cloud.add('told', tags)
    await bench.newMachine({ Uuid, Params: { 'packet/uuid': id } })
    await bench.deleteMachine(Uuid)
    await bench.clock.until(() => bench.told(Uuid).includes(stays ? 'handed-over' : 'deleted'))
    t.equal(bench.cloud.there.filter((device) => device.id === id).length, stays)
  }
  t.match(await bench.status(), { Leftovers: { length: 1 }, Deleting: { length: 0 } })
  await bench.plugin.stop?.()
})

test("another plugin's machine keeps its device", async (t) => {
  const bench = new Bench()
  await bench.configure()
  const id = await bench.cloud.add('other')
  const { Uuid } = await bench.newMachine({ Params: { 'machine-plugin': 'packet-west', 'packet/uuid': id } })
  await bench.deleteMachine(Uuid)
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 1)
  await bench.plugin.stop?.()
})

test('a device that another machine has too is not deleted', async (t) => {
  const { bench, machine } = await withDevice()
  bench.machines.add({ Name: 'twin', Params: machine.Params })
  await bench.deleteMachine(machine.Uuid)
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 1)
  const kept = bench.published.filter(({ Action, Key }) => Action === 'kept' && Key === machine.Uuid)
  t.match(kept, [{ Object: { Machine: { Uuid: machine.Uuid }, DeviceId: machine.Params['packet/uuid'] } }])
  await bench.plugin.stop?.()
})

test('a deletion is reported once, however often the endpoint fails at its end', async (t) => {
  const { bench, machine } = await withDevice()
  await bench.deleteMachine(machine.Uuid)
  bench.machines.failures = 12
  await bench.clock.pass(120 * MINUTE_MS)
  t.equal(bench.machines.failures, 0)
  t.equal(bench.told(machine.Uuid).filter((action) => action === 'deleted').length, 1)
  await bench.plugin.stop?.()
})

test('a stuck deletion or creation is reported with its machine and its device', async (t) => {
  const { bench, machine } = await withDevice()
  const { Uuid, Name } = machine
  await bench.deleteMachine(Uuid)
  bench.cloud.trouble('get', 'unreachable', 1000)
  await bench.clock.until(() => bench.told(Uuid).includes('stuck'))
  const stuck = (key: string) => bench.published.find(({ Action, Key }) => Action === 'stuck' && Key === key)?.Object
  t.match(stuck(Uuid), { Machine: { Uuid, Name }, DeviceId: machine.Params['packet/uuid'] })
  const other = await bench.newMachine()
  await bench.clock.until(() => bench.told(other.Uuid).includes('stuck'))
  t.match(stuck(other.Uuid), {
    Machine: { Uuid: other.Uuid, Name: other.Name },
    DeviceId: bench.cloud.made[1]?.id,
  })
  await bench.plugin.stop?.()
})

test('a leftover that is gone leaves the list, whoever deleted it', async (t) => {
  for (const how of ['destroyed', 'vanished', 'vanished unseen']) {
    const { bench, machine } = await withDevice()
    const id = String(machine.Params['packet/uuid'])
    bench.machines.all.delete(machine.Uuid)
    if (how !== 'vanished unseen') await bench.catchUp()
    if (how === 'destroyed')
      await bench.clock.run(bench.run('destroyVm', { 'packet/api-key': 'key', 'packet/uuid': id }))
    else bench.cloud.vanish(id)
    for (let time = 0; time < 3; time++) {
      await bench.restart()
      await bench.catchUp()
      await bench.clock.pass(10 * MINUTE_MS)
      t.strictSame((await bench.status()).Leftovers, [], how)
    }
    const told = bench.told(machine.Uuid).filter((action) => action === 'handed-over')
    t.equal(told.length, how === 'vanished unseen' ? 0 : 1, how)
    t.equal(await bench.store.get(keyOf('creation', machine.Uuid)), undefined, how)
    await bench.plugin.stop?.()
  }
})

test('the device of a protected machine is not deleted, but reported', async (t) => {
  const { bench, machine } = await withDevice({ 'power/protected': true })
  await bench.deleteMachine(machine.Uuid)
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 1)
  t.ok(bench.told(machine.Uuid).includes('handed-over'))
  t.match((await bench.status()).Leftovers, [{ deviceId: machine.Params['packet/uuid'] }])
  await bench.plugin.stop?.()
})

test("power/protected in a profile keeps the device of a deleted machine; the machine's own value goes before the profile", async (t) => {
  for (const [profile, params, stays] of [
    ['rack', {}, 1],
    ['global', {}, 1],
    ['rack', { 'power/protected': false }, 0],
    ['global', { 'power/protected': false }, 0],
    ['other', {}, 0],
  ] as const) {
    const { bench, machine } = await withDevice(params, ['rack'])
    bench.machines.profiles.set(profile, { 'power/protected': true })
    await bench.deleteMachine(machine.Uuid)
    await bench.clock.pass(10 * MINUTE_MS)
    t.equal(bench.cloud.there.length, stays, `${profile} ${JSON.stringify(params)}`)
    await bench.plugin.stop?.()
  }
})

test('the deletion of a device at another address is handed over and done at the old address', async (t) => {
  const origins: Readonly<Record<string, (bench: Bench) => Promise<unknown>>> = {
    made: (bench) => bench.newMachine(),
    told: async (bench) => {
      const Uuid = randomUUID()
      await bench.newMachine({ Uuid, Params: { 'packet/uuid': await bench.cloud.add('told', [tagOf(Uuid)]) } })
    },
    'told unheard': async ({ cloud, machines }) => {
      const Uuid = randomUUID()
      const Params = { 'machine-plugin': 'packet-ipmi', 'packet/uuid': await cloud.add('told', [tagOf(Uuid)]) }
      machines.add({ Uuid, Params })
    },
  }
  for (const [name, make] of Object.entries(origins)) {
    const bench = new Bench()
    await bench.configure({ 'packet/import-existing': true })
    await make(bench)
    await bench.clock.pass(10 * MINUTE_MS)
    const [machine] = [...bench.machines.all.values()]
    const { cloud } = bench
    const deviceId = cloud.there[0]?.id
    t.equal(machine?.Params['packet/uuid'], deviceId, name)
    bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
    await bench.restart()
    await bench.clock.pass(10 * MINUTE_MS)
    await bench.deleteMachine(machine?.Uuid ?? '')
    await bench.clock.pass(30 * MINUTE_MS)
    t.notOk(bench.told(machine?.Uuid ?? '').includes('deleted'), name)
    t.ok(bench.told(machine?.Uuid ?? '').includes('handed-over'), name)
    const { Deleting, Troubles } = await bench.status()
    t.match(Deleting, [{ deviceId, cloud: cloud.key }], name)
    t.strictSame(
      Troubles.map(({ kind }: { readonly kind: string }) => kind),
      ['deletion'],
      'a creation that is over is none',
    )
    bench.cloud = cloud
    await bench.restart()
    await bench.clock.until(() => bench.told(machine?.Uuid ?? '').includes('deleted'))
    t.equal(cloud.there.length, 0, name)
    await bench.plugin.stop?.()
  }
})

test('the device of a machine that was deleted unheard is reported, not deleted', async (t) => {
  const { bench, machine } = await withDevice()
  bench.machines.all.delete(machine.Uuid)
  await bench.restart()
  await bench.catchUp()
  await bench.catchUp()
  t.equal(bench.cloud.there.length, 1)
  t.equal(bench.told(machine.Uuid).filter((action) => action === 'handed-over').length, 1)
  bench.cloud.vanish(String(machine.Params['packet/uuid']))
  await bench.clock.pass(10 * MINUTE_MS)
  t.strictSame((await bench.status()).Leftovers, [])
  await bench.plugin.stop?.()
})

test('a device whose machine was deleted unheard is reported even if a cloud at another address lacks it', async (t) => {
  const { bench, machine } = await withDevice()
  const { cloud } = bench
  bench.machines.all.delete(machine.Uuid)
  bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
  await bench.restart()
  await bench.catchUp()
  t.match((await bench.status()).Leftovers, [{ deviceId: machine.Params['packet/uuid'], cloud: cloud.key }])
  await bench.plugin.stop?.()
})

test('a survey at another address does not forget where the device of a deleted machine is', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const machine = await bench.newMachine({ Params: { 'packet/uuid': await bench.cloud.add('told') } })
  const { cloud } = bench
  bench.machines.all.delete(machine.Uuid)
  bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
  await bench.restart()
  await bench.clock.pass(10 * MINUTE_MS)
  await bench.event('delete', machine)
  await bench.clock.pass(MINUTE_MS)
  t.match((await bench.status()).Deleting, [{ deviceId: machine.Params['packet/uuid'], cloud: cloud.key }])
  t.notOk(bench.told(machine.Uuid).includes('deleted'))
  await bench.plugin.stop?.()
})

test('a machine that was made unheard gets a device', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const { Uuid } = bench.machines.add({ Params: { 'machine-plugin': 'packet-ipmi' } })
  await bench.catchUp()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test("machine-plugin in a profile makes a machine the plugin's", async (t) => {
  const bench = new Bench()
  await bench.configure()
  Object.assign(bench.machines.defaults, { 'machine-plugin': 'packet-ipmi' })
  const machine = bench.machines.add({ Profiles: ['cloud'] })
  await bench.event('create', machine)
  await bench.clock.until(() => bench.told(machine.Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test('events without a valid machine are ignored', async (t) => {
  const bench = new Bench()
  await bench.configure()
  for (const object of [null, 7, {}, { Name: 7 }, { Name: 'x', Params: 'y' }])
    await bench.plugin.events?.handle(
      { Time: '', Type: 'machines', Action: 'create', Key: 'k', Principal: '', Object: object, Original: null },
      { log: silent, endpoint: bench.endpoint, signal: new AbortController().signal, state: async () => bench.store },
    )
  t.match(await bench.status(), { Creating: { length: 0 } })
  await bench.plugin.stop?.()
})

test('destroyVm ends the pause of a deletion that failed before', async (t) => {
  const { bench, machine } = await withDevice()
  const id = machine.Params['packet/uuid']
  bench.cloud.trouble('delete', 'unreachable', 9)
  await bench.deleteMachine(machine.Uuid)
  await bench.clock.until(() => bench.cloud.troubles.every(({ times }) => times === 0))
  const startMs = bench.clock.nowMs()
  await bench.clock.run(bench.run('destroyVm', { 'packet/api-key': 'key', 'packet/uuid': id }))
  t.ok(bench.clock.nowMs() - startMs < 2 * MINUTE_MS)
  await bench.plugin.stop?.()
})

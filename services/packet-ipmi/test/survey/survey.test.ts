import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { Bench } from '../fixtures/bench.ts'
import { withMachines } from '../fixtures/with-machines.ts'

const MINUTE_MS = 60_000

test('packet/import-existing makes one machine for each device without one, with a free name', async (t) => {
  for (const importExisting of [false, true]) {
    const bench = new Bench()
    for (const name of ['a', 'a', '']) await bench.cloud.add(name)
    await bench.configure({ 'packet/import-existing': importExisting })
    await bench.clock.pass(20 * MINUTE_MS)
    await bench.restart({ 'packet/import-existing': importExisting })
    await bench.clock.pass(20 * MINUTE_MS)
    const names = [...bench.machines.all.values()].map(({ Name }) => Name).sort()
    t.strictSame(names, importExisting ? ['a', 'a-00000000', 'packet-00000000'] : [])
    await bench.plugin.stop?.()
  }
})

test("the survey sets the device's address and MACs on a machine that has none", async (t) => {
  const bench = await withMachines(2)
  const [first, second] = [...bench.machines.all.values()]
  if (!first || !second) throw new Error('no machines')
  const own = { Address: '192.0.2.9', HardwareAddrs: ['02:00:00:00:00:09'] }
  bench.machines.all.set(second.Uuid, { ...second, ...own })
  bench.machines.all.set(first.Uuid, { ...first, Address: '', HardwareAddrs: [] })
  await bench.clock.pass(6 * MINUTE_MS)
  const device = await bench.cloud.get(String(first.Params['packet/uuid']))
  if (device === 'gone') throw new Error('no device')
  t.ok(device.address)
  t.match(bench.machine(first.Uuid), { Address: device.address, HardwareAddrs: device.macs })
  t.match(bench.machine(second.Uuid), own)
  await bench.plugin.stop?.()
})

test('a device of a running creation is not imported', async (t) => {
  const bench = new Bench()
  await bench.configure({ 'packet/import-existing': true })
  bench.cloud.readyMs = 10 * MINUTE_MS
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  await bench.clock.pass(20 * MINUTE_MS)
  t.equal(bench.machines.all.size, 1)
  await bench.plugin.stop?.()
})

test('a machine whose device is gone is marked and reported once, and not deleted', async (t) => {
  const bench = await withMachines(2)
  const [first, second] = [...bench.machines.all.values()]
  bench.cloud.vanish(String(first?.Params['packet/uuid']))
  await bench.clock.pass(3 * 60 * MINUTE_MS)
  t.equal(bench.machines.all.size, 2)
  t.match(bench.machine(first?.Uuid ?? '').Params['packet/missing'], /^2\d{3}-/)
  t.equal(bench.machine(second?.Uuid ?? '').Params['packet/missing'], undefined)
  t.strictSame(bench.told(first?.Uuid ?? ''), ['missing'])
  t.match((await bench.status()).Missing, [{ machine: { Uuid: first?.Uuid } }])
  await bench.plugin.stop?.()
})

test('a device that is there again removes the mark and the evidence', async (t) => {
  const bench = await withMachines(1, { 'packet/prune': true })
  const [machine] = [...bench.machines.all.values()]
  const device = bench.cloud.made[0]
  if (!machine || !device) throw new Error('no machine')
  bench.cloud.vanish(device.id)
  await bench.clock.pass(6 * MINUTE_MS)
  t.ok(bench.machine(machine.Uuid).Params['packet/missing'])
  delete device.deletedAtMs
  await bench.clock.pass(6 * MINUTE_MS)
  t.equal(bench.machine(machine.Uuid).Params['packet/missing'], undefined)
  t.strictSame((await bench.status()).Missing, [])
  bench.cloud.vanish(device.id)
  await bench.clock.pass(8 * MINUTE_MS)
  t.equal(bench.machines.removed.length, 0)
  await bench.plugin.stop?.()
})

for (const [name, kind] of [
  ['an empty listing', 'empty'],
  ['an incomplete listing', 'incomplete'],
  ['a listing that fails', 'unreachable'],
] as const)
  test(`${name} marks and deletes nothing, also with packet/prune`, async (t) => {
    const bench = await withMachines(5, { 'packet/prune': true })
    bench.cloud.trouble('list', kind, 1000)
    await bench.clock.pass(3 * 60 * MINUTE_MS)
    t.equal(bench.machines.all.size, 5)
    t.notOk([...bench.machines.all.values()].some(({ Params }) => Params['packet/missing']))
    await bench.plugin.stop?.()
  })

test('failed reads of a device are no evidence', async (t) => {
  const bench = await withMachines(3, { 'packet/prune': true })
  bench.cloud.trouble('list', 'empty', 10_000)
  bench.cloud.trouble('get', 'unreachable', 10_000)
  await bench.clock.pass(2 * 60 * MINUTE_MS)
  t.equal(bench.machines.all.size, 3)
  await bench.plugin.stop?.()
})

test('a machine that the endpoint refuses to change is a problem of the survey and stops no other machine', async (t) => {
  const bench = await withMachines(4, { 'packet/prune': true })
  const [locked, gone, bare, lockedGone] = [...bench.machines.all.values()]
  if (!locked || !gone || !bare || !lockedGone) throw new Error('no machines')
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  const isLocked = (uuid: string) => uuid === locked.Uuid || uuid === lockedGone.Uuid
  const update = bench.machines.update.bind(bench.machines)
  bench.machines.update = async (before, after) => {
    if (isLocked(before.Uuid)) throw new PowerbusError('REQUEST_INVALID', 'locked')
    return update(before, after)
  }
  for (const machine of [locked, bare])
    bench.machines.all.set(machine.Uuid, { ...machine, Address: '', HardwareAddrs: [] })
  for (const machine of [gone, lockedGone]) bench.cloud.vanish(String(machine.Params['packet/uuid']))
  await bench.cloud.add('stray', [`powerbus-machine=${Uuid}`])
  await bench.clock.pass(6 * MINUTE_MS)
  t.ok(bench.machine(bare.Uuid).Address)
  t.ok(bench.machine(gone.Uuid).Params['packet/missing'])
  const { Survey, Missing, Leftovers } = await bench.status()
  t.match(Survey, { problems: [/node-0.*locked/, /node-3.*locked/] })
  t.equal(Survey.problems.length, 2)
  t.equal(Missing.length, 2)
  t.equal(Leftovers.length, 1)
  await bench.clock.pass(20 * MINUTE_MS)
  t.strictSame(bench.machines.removed, [gone.Uuid])
  t.strictSame(bench.told(lockedGone.Uuid), ['missing'])
  await bench.plugin.stop?.()
})

test('the survey reports a second device in a project that only its machine names', async (t) => {
  const bench = new Bench()
  await bench.configure({ 'packet/project-id': 'project' })
  await bench.clock.pass(1000)
  bench.cloud.trouble('create', 'lost')
  bench.cloud.trouble('list', 'empty', 1000)
  const { Uuid } = await bench.newMachine({ Params: { 'packet/project-id': 'other' } })
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  bench.cloud.troubles.length = 0
  await bench.clock.pass(20 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 2)
  const other = bench.cloud.there.find(({ id }) => id !== bench.machine(Uuid).Params['packet/uuid'])
  t.equal(other?.spec.projectId, 'other')
  t.match((await bench.status()).Leftovers, [{ deviceId: other?.id }])
  await bench.plugin.stop?.()
})

test('the evidence of a missing device is forgotten with its machine', async (t) => {
  const bench = await withMachines(1)
  const [machine] = [...bench.machines.all.values()]
  bench.cloud.vanish(String(machine?.Params['packet/uuid']))
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal((await bench.status()).Missing.length, 1)
  bench.machines.all.clear()
  await bench.clock.pass(10 * MINUTE_MS)
  t.strictSame((await bench.status()).Missing, [])
  await bench.plugin.stop?.()
})

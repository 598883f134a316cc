import type { Machine } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { isGoneForGood, pruneLimit } from '../../src/survey/prune.ts'
import { Bench } from '../fixtures/bench.ts'
import { FakeCloud } from '../fixtures/fake-cloud.ts'
import { withMachines } from '../fixtures/with-machines.ts'

const MINUTE_MS = 60_000

test('packet/prune deletes after three answers over ten minutes, a few machines in each pass, also across restarts', async (t) => {
  const bench = await withMachines(120, { 'packet/prune': true })
  const goneMs = bench.clock.nowMs()
  for (const { id } of bench.cloud.made.slice(0, 6)) bench.cloud.vanish(id)
  await bench.clock.pass(7 * MINUTE_MS)
  await bench.restart({ 'packet/prune': true })
  await bench.clock.until(() => bench.machines.removed.length > 0)
  t.ok(bench.clock.nowMs() - goneMs >= 10 * MINUTE_MS)
  await bench.clock.pass(1000)
  t.equal(bench.machines.removed.length, 2)
  await bench.clock.pass(20 * MINUTE_MS)
  t.equal(bench.machines.all.size, 114)
  t.equal(bench.cloud.there.length, 114)
  await bench.plugin.stop?.()
})

test('a cloud at another address marks and prunes no machine of the former one; the same cloud at a new address does', async (t) => {
  const bench = await withMachines(2, { 'packet/prune': true })
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  await bench.clock.pass(10 * MINUTE_MS)
  const { cloud } = bench
  bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
  await bench.restart({ 'packet/prune': true })
  await bench.clock.pass(2 * 60 * MINUTE_MS)
  t.equal(bench.machines.all.size, 3)
  t.notOk([...bench.machines.all.values()].some(({ Params }) => Params['packet/missing']))
  t.match(await bench.status(), { Survey: { complete: true, machines: 3, elsewhere: 3 }, Missing: { length: 0 } })
  bench.cloud = new FakeCloud(bench.clock, 'https://renamed.test')
  bench.cloud.made.push(...cloud.made)
  await bench.restart({ 'packet/prune': true })
  await bench.clock.pass(10 * MINUTE_MS)
  t.match(await bench.status(), { Survey: { machines: 3, elsewhere: 0 } })
  for (const { id } of cloud.made) bench.cloud.vanish(id)
  await bench.clock.pass(2 * 60 * MINUTE_MS)
  t.equal(bench.machines.all.size, 0)
  await bench.plugin.stop?.()
})

for (const moment of ['before', 'after', 'killed'] as const)
  test(`a device that is there again ${moment} its pruned machine is heard to be deleted stays, and is reported`, async (t) => {
    for (const isMade of [true, false]) {
      const bench = await withMachines(isMade ? 0 : 1, { 'packet/prune': true })
      if (isMade) {
        await bench.newMachine()
        await bench.clock.until(() => bench.machines.all.size === 1 && bench.cloud.made.length === 1)
        await bench.clock.pass(10 * MINUTE_MS)
      }
      const [machine] = [...bench.machines.all.values()]
      const device = bench.cloud.made[0]
      if (!machine || !device) throw new Error('no machine')
      t.equal(machine.Params['packet/uuid'], device.id)
      bench.cloud.vanish(device.id)
      const heard = bench.machines.onRemove
      bench.machines.onRemove = async (removed) => {
        if (moment === 'before') delete device.deletedAtMs
        if (moment === 'killed') bench.doom.die()
        await heard(removed)
      }
      await bench.clock.until(() => bench.machines.removed.length > 0)
      if (moment === 'killed') {
        await bench.restart({ 'packet/prune': true })
        await bench.event('delete', machine)
      }
      await bench.clock.pass(MINUTE_MS)
      delete device.deletedAtMs
      await bench.catchUp()
      await bench.event('delete', machine)
      await bench.clock.pass(20 * MINUTE_MS)
      t.notOk(bench.cloud.calls.includes('delete'))
      t.match((await bench.status()).Leftovers, [{ deviceId: device.id, machine: { Uuid: machine.Uuid } }])
      const told = bench.told(machine.Uuid)
      for (const action of ['pruned', 'handed-over']) t.equal(told.filter((one) => one === action).length, 1, action)
      t.notOk(told.includes('deleted'))
      await bench.plugin.stop?.()
    }
  })

test('a locked machine is not reported as pruned and does not stop the others', async (t) => {
  const bench = await withMachines(2, { 'packet/prune': true })
  const [locked] = [...bench.machines.all.values()]
  const remove = bench.machines.remove.bind(bench.machines)
  bench.machines.remove = async (uuid) => {
    if (uuid === locked?.Uuid) throw new PowerbusError('REQUEST_INVALID', 'locked')
    return remove(uuid)
  }
  for (const { id } of bench.cloud.made) bench.cloud.vanish(id)
  await bench.clock.pass(60 * MINUTE_MS)
  t.strictSame(bench.told(locked?.Uuid ?? ''), ['missing'])
  t.strictSame([...bench.machines.all.keys()], [locked?.Uuid])
  t.match((await bench.status()).Survey.problems, [/locked/])
  await bench.plugin.stop?.()
})

/**
 * A machine whose device was "not found" twice, and what happens right after the third time, before the machine is
 * deleted.
 */
async function nearlyPruned(happens: (bench: Bench, machine: Machine) => void) {
  const bench = await withMachines(1, { 'packet/prune': true })
  const [machine] = [...bench.machines.all.values()]
  if (!machine) throw new Error('no machine')
  bench.cloud.vanish(String(machine.Params['packet/uuid']))
  await bench.clock.pass(11 * MINUTE_MS)
  const get = bench.cloud.get.bind(bench.cloud)
  let looks = 0
  bench.cloud.get = async (id) => {
    const found = await get(id)
    if (++looks === 1) happens(bench, machine)
    return found
  }
  await bench.clock.until(() => looks > 0)
  await bench.clock.pass(1000)
  return { bench, machine }
}

test('a device that is there at the last check saves its machine', async (t) => {
  const { bench, machine } = await nearlyPruned(({ cloud }) => delete cloud.made[0]?.deletedAtMs)
  t.strictSame(bench.machines.removed, [])
  t.ok(bench.machine(machine.Uuid))
  await bench.plugin.stop?.()
})

test('a machine that got another device before the last check is not deleted', async (t) => {
  const { bench } = await nearlyPruned(({ machines }, machine) => {
    const Params = { ...machine.Params, 'packet/uuid': 'another' }
    machines.all.set(machine.Uuid, { ...machine, Params })
  })
  t.strictSame(bench.machines.removed, [])
  await bench.plugin.stop?.()
})

test('a machine without a change before the last check is deleted', async (t) => {
  const { bench, machine } = await nearlyPruned(() => undefined)
  t.strictSame(bench.machines.removed, [machine.Uuid])
  await bench.plugin.stop?.()
})

test('"not found" answers of another address do not count', async (t) => {
  const bench = new Bench()
  await bench.configure({ 'packet/prune': true })
  const { Uuid } = bench.machines.add({ Params: { 'machine-plugin': 'packet-ipmi', 'packet/uuid': 'unheard-of' } })
  await bench.clock.until(() => bench.told(Uuid).includes('missing'))
  await bench.clock.pass(8 * MINUTE_MS)
  bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
  await bench.restart({ 'packet/prune': true })
  const otherMs = bench.clock.nowMs()
  await bench.clock.until(() => bench.machines.removed.length > 0)
  t.ok(bench.clock.nowMs() - otherMs >= 10 * MINUTE_MS, `${bench.clock.nowMs() - otherMs} ms`)
  await bench.plugin.stop?.()
})

test('a device at another address with the id of a pruned one is not reported', async (t) => {
  const bench = await withMachines(1, { 'packet/prune': true })
  const [device] = bench.cloud.made
  if (!device) throw new Error('no device')
  bench.cloud.vanish(device.id)
  await bench.clock.until(() => bench.machines.removed.length > 0)
  const { deletedAtMs: _, ...there } = device
  bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
  bench.cloud.made.push(there)
  await bench.restart({ 'packet/prune': true })
  await bench.clock.pass(20 * MINUTE_MS)
  t.match(await bench.status(), { Leftovers: { length: 0 }, Survey: { devices: 1 } })
  await bench.plugin.stop?.()
})

test('a leftover of another address stays in the list', async (t) => {
  const bench = await withMachines(1)
  const [machine] = [...bench.machines.all.values()]
  if (!machine) throw new Error('no machine')
  bench.machines.all.set(machine.Uuid, { ...machine, Params: { ...machine.Params, 'power/protected': true } })
  await bench.deleteMachine(machine.Uuid)
  t.equal((await bench.status()).Leftovers.length, 1)
  bench.cloud = new FakeCloud(bench.clock, 'https://other.test')
  await bench.restart()
  await bench.clock.pass(20 * MINUTE_MS)
  t.equal((await bench.status()).Leftovers.length, 1, 'another cloud does not know the device')
  await bench.plugin.stop?.()
})

test('three quick answers are not enough, nor are two slow ones', async (t) => {
  const times = { goneTimes: 3, goneMs: 600_000 }
  const seen = (...seenAtMs: readonly number[]) =>
    isGoneForGood({ seenAtMs, deviceId: '', cloud: '', machine: { Uuid: '', Name: '' } }, times)
  t.equal(seen(0, 300_000, 600_000), true)
  t.equal(seen(0, 1, 599_999), false)
  t.equal(seen(0, 900_000), false)
  t.equal(seen(), false)
})

test('a pass prunes at most 2 % of the machines, at least one', async (t) => {
  for (const [machines, most] of [
    [0, 1],
    [49, 1],
    [99, 1],
    [100, 2],
    [1000, 20],
  ] as const)
    t.equal(pruneLimit(machines), most)
})

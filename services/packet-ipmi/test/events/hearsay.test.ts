import { randomUUID } from 'node:crypto'
import type { Machine } from '@powerbus/drp'
import { test } from 'tap'
import { tagOf } from '../../src/records/records.ts'
import { Bench } from '../fixtures/bench.ts'

const MINUTE_MS = 60_000

/** A machine with a device that the plugin made. */
async function withDevice(params: Readonly<Record<string, unknown>> = {}) {
  const bench = new Bench()
  await bench.configure()
  const { Uuid } = await bench.newMachine({ Params: params })
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  const machine = bench.machine(Uuid)
  return { bench, machine, deviceId: String(machine.Params['packet/uuid']) }
}

/** An event about a machine that the endpoint never had. */
function forged(params: Readonly<Record<string, unknown>>, Uuid: string = randomUUID()): Machine {
  const bench = new Bench()
  return bench.machines.add({ Uuid, Name: 'forged', Params: { 'machine-plugin': 'packet-ipmi', ...params } })
}

test('a delete event about a machine that exists destroys nothing, however often it comes', async (t) => {
  const { bench, machine } = await withDevice()
  for (let time = 0; time < 3; time++) await bench.event('delete', machine)
  await bench.event('delete', { ...machine, Params: { ...machine.Params, 'power/protected': false } })
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 1)
  t.strictSame(bench.cloud.calls.includes('delete'), false)
  t.match(await bench.status(), { Deleting: { length: 0 }, Leftovers: { length: 0 } })
  await bench.plugin.stop?.()
})

test('a delete event of another machine destroys no device that is not proven to be that machine’s', async (t) => {
  const Uuid = randomUUID()
  const cases: Readonly<Record<string, (bench: Bench) => Promise<string>>> = {
    'a device without a tag': ({ cloud }) => cloud.add('x'),
    "another machine's tag": ({ cloud }) => cloud.add('x', [tagOf(randomUUID())]),
    'two tags': ({ cloud }) => cloud.add('x', [tagOf(Uuid), tagOf(randomUUID())]),
    'no record of the device': ({ cloud }) => cloud.add('x', [tagOf(Uuid)]),
    'another project': ({ cloud }) => cloud.add('x', [tagOf(Uuid)], 'foreign'),
    'no such device': async () => randomUUID(),
  }
  for (const [name, add] of Object.entries(cases)) {
    for (const isKnown of [false, true]) {
      if (isKnown && name === 'no record of the device') continue
      const { bench, deviceId } = await withDevice()
      const id = await add(bench)
      if (isKnown) await bench.store.set(`device/{${id}}`, { deviceId: id, cloud: bench.cloud.key })
      await bench.event('delete', forged({ 'packet/uuid': id }, Uuid))
      await bench.event('delete', forged({ 'packet/uuid': deviceId }))
      await bench.clock.pass(MINUTE_MS)
      t.notOk(bench.cloud.calls.includes('delete'), `${name}, ${isKnown}`)
      if (name !== 'no such device') t.ok(bench.told(Uuid).includes('handed-over'), `${name}, ${isKnown}`)
      await bench.plugin.stop?.()
    }
  }
})

test('a late delete event of a machine that was made again leaves both its devices alone', async (t) => {
  const { bench, machine, deviceId } = await withDevice()
  bench.machines.all.delete(machine.Uuid)
  await bench.newMachine({ Uuid: machine.Uuid, Name: machine.Name })
  await bench.event('delete', machine)
  await bench.clock.until(() => bench.machine(machine.Uuid).Params['packet/uuid'] !== undefined)
  await bench.event('delete', machine)
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(
    bench.machine(machine.Uuid).Params['packet/uuid'],
    deviceId,
    'the device of the earlier machine is taken over',
  )
  t.notOk(bench.cloud.calls.includes('delete'))
  await bench.plugin.stop?.()
})

test('a machine of the same name that was made again keeps its device when the old one’s goes', async (t) => {
  const { bench, machine, deviceId } = await withDevice()
  bench.machines.all.delete(machine.Uuid)
  const again = await bench.newMachine({ Name: machine.Name })
  await bench.event('delete', machine)
  await bench.clock.until(() => bench.told(machine.Uuid).includes('deleted'))
  await bench.clock.until(() => bench.told(again.Uuid).includes('ready'))
  await bench.event('delete', machine)
  await bench.clock.pass(10 * MINUTE_MS)
  t.strictSame(
    bench.cloud.there.map(({ id }) => id),
    [bench.machine(again.Uuid).Params['packet/uuid']],
  )
  t.not(bench.machine(again.Uuid).Params['packet/uuid'], deviceId)
  await bench.plugin.stop?.()
})

test('a machine that has the device again before the cloud answers keeps it', async (t) => {
  const { bench, machine } = await withDevice()
  bench.cloud.trouble('get', 'unreachable', 5)
  await bench.deleteMachine(machine.Uuid)
  bench.machines.all.set(machine.Uuid, machine)
  await bench.clock.pass(30 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 1)
  t.match(await bench.status(), { Deleting: { length: 0 }, Leftovers: { length: 0 } })
  await bench.plugin.stop?.()
})

test('without an answer of the endpoint nothing is destroyed, the device is reported, and the endpoint is asked again', async (t) => {
  for (const code of [
    'TARGET_UNREACHABLE',
    'AUTH_FAILED',
    'TARGET_TIMEOUT',
    'TARGET_BUSY',
    'CAPABILITY_UNSUPPORTED',
  ] as const) {
    for (const isGone of [true, false]) {
      const { bench, machine, deviceId } = await withDevice()
      if (isGone) bench.machines.all.delete(machine.Uuid)
      Object.assign(bench.machines, { failures: Number.POSITIVE_INFINITY, failureCode: code })
      await t.rejects(bench.event('delete', machine), { code })
      await t.rejects(bench.event('delete', machine), { code }, 'again')
      await bench.clock.pass(60 * MINUTE_MS)
      await bench.restart()
      await bench.clock.pass(60 * MINUTE_MS)
      t.notOk(bench.cloud.calls.includes('delete'), code)
      t.match((await bench.status()).Leftovers, [{ deviceId, machine: { Uuid: machine.Uuid } }], code)
      t.equal(bench.told(machine.Uuid).filter((action) => action === 'handed-over').length, 1, code)
      bench.machines.failures = 0
      await bench.clock.pass(10 * MINUTE_MS)
      t.equal(bench.cloud.there.length, isGone ? 0 : 1, code)
      t.match(await bench.status(), { Deleting: { length: 0 }, Leftovers: { length: 0 } }, code)
      await bench.plugin.stop?.()
    }
  }
})

test('power/protected of a machine that is gone counts also if a later event denies it', async (t) => {
  for (const isAnswered of [true, false]) {
    const { bench, machine, deviceId } = await withDevice({ 'power/protected': true })
    bench.machines.all.delete(machine.Uuid)
    if (!isAnswered) bench.machines.failures = 1
    await bench.event('delete', machine).catch(() => undefined)
    const Params = { ...machine.Params, 'power/protected': false }
    if (!isAnswered) await bench.clock.pass(10 * MINUTE_MS)
    for (let time = 0; time < 2; time++) await bench.event('delete', { ...machine, Params })
    await bench.clock.pass(10 * MINUTE_MS)
    t.equal(bench.cloud.there.length, 1)
    t.match((await bench.status()).Leftovers, [{ deviceId, isProtected: true }])
    await bench.plugin.stop?.()
  }
})

test('a create event makes a device only for a machine that is there and names this plugin', async (t) => {
  const bench = new Bench()
  await bench.configure()
  await bench.event('create', forged({}))
  const other = bench.machines.add({ Params: { 'machine-plugin': 'packet-west' } })
  const none = bench.machines.add({ Params: {} })
  for (const machine of [other, none])
    await bench.event('create', { ...machine, Params: { 'machine-plugin': 'packet-ipmi' } })
  await bench.clock.pass(30 * MINUTE_MS)
  t.notOk(bench.cloud.calls.includes('create'))
  t.strictSame(bench.published, [])
  await bench.plugin.stop?.()
})

test('a create event that the endpoint cannot confirm yet makes a device once it does', async (t) => {
  for (const isThere of [true, false]) {
    const bench = new Bench()
    await bench.configure()
    const machine = isThere ? bench.machines.add({ Params: { 'machine-plugin': 'packet-ipmi' } }) : forged({})
    bench.machines.failures = Number.POSITIVE_INFINITY
    await bench.event('create', machine)
    await bench.clock.pass(10 * MINUTE_MS)
    t.notOk(bench.cloud.calls.includes('create'))
    bench.machines.failures = 0
    await bench.clock.pass(30 * MINUTE_MS)
    t.equal(bench.cloud.made.length, isThere ? 1 : 0)
    t.match(await bench.status(), { Creating: { length: 0 }, Failed: { length: 0 } })
    await bench.plugin.stop?.()
  }
})

test('a machine that is given to another plugin, or deleted, before its create is sent gets no device', async (t) => {
  for (const change of ['given away', 'deleted'] as const) {
    const bench = new Bench()
    await bench.configure()
    bench.cloud.trouble('list', 'unreachable', 3)
    const machine = await bench.newMachine()
    if (change === 'deleted') bench.machines.all.delete(machine.Uuid)
    else bench.machines.all.set(machine.Uuid, { ...machine, Params: { 'machine-plugin': 'packet-west' } })
    await bench.clock.pass(30 * MINUTE_MS)
    t.notOk(bench.cloud.calls.includes('create'), change)
    await bench.plugin.stop?.()
  }
})

test('a create event after the delete of the same machine makes nothing', async (t) => {
  const { bench, machine } = await withDevice()
  await bench.deleteMachine(machine.Uuid)
  await bench.clock.until(() => bench.told(machine.Uuid).includes('deleted'))
  await bench.event('create', machine)
  await bench.clock.pass(30 * MINUTE_MS)
  t.equal(bench.cloud.made.length, 1)
  t.equal(bench.cloud.there.length, 0)
  await bench.plugin.stop?.()
})

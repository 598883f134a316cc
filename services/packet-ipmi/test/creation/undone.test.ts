import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { keyOf } from '../../src/records/kept-records.ts'
import { Bench } from '../fixtures/bench.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

async function begun(): Promise<Bench> {
  const bench = new Bench()
  await bench.configure()
  return bench
}

for (const fate of ['stuck', 'fails'] as const)
  test(`a device that ${fate === 'stuck' ? 'never becomes active' : fate} is deleted and reported`, async (t) => {
    const bench = await begun()
    bench.cloud.fates.push(fate)
    const { Uuid } = await bench.newMachine()
    const startMs = bench.clock.nowMs()
    await bench.clock.until(() => bench.told(Uuid).includes('deleted'))
    const minutes = (bench.clock.nowMs() - startMs) / MINUTE_MS
    t.ok(fate === 'stuck' ? minutes > 15 && minutes < 20 : minutes < 5, `${minutes}`)
    t.equal(bench.cloud.there.length, 0)
    t.equal(bench.machine(Uuid).Params['packet/uuid'], undefined)
    t.type(bench.machine(Uuid).Params['packet/problem'], 'string')
    t.match(await bench.status(), { Creating: { length: 0 }, Deleting: { length: 0 }, Failed: [{ id: Uuid }] })
    await bench.plugin.stop?.()
  })

test('a device that another client deletes fails its creation', async (t) => {
  const bench = await begun()
  bench.cloud.fates.push('vanishes')
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('failed'))
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test('a failed device that cannot be deleted is handed over, and its deletion retried', async (t) => {
  const bench = await begun()
  bench.cloud.fates.push('undeletable')
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('handed-over'))
  t.match((await bench.status()).Deleting, [{ deviceId: bench.cloud.made[0]?.id, machine: { Uuid } }])
  await bench.restart()
  bench.cloud.made[0] = { ...bench.cloud.made[0], fate: 'stuck' } as (typeof bench.cloud.made)[0]
  await bench.clock.until(() => bench.told(Uuid).includes('deleted'))
  t.equal(bench.told(Uuid).filter((action) => action === 'handed-over').length, 1)
  t.strictSame((await bench.status()).Deleting, [])
  await bench.plugin.stop?.()
})

test('a machine that is deleted during its creation leaves no device', async (t) => {
  for (const afterMs of [0, 1, 1000, 30_000, 89_000, 95_000]) {
    const bench = await begun()
    const { Uuid } = await bench.newMachine()
    await bench.clock.pass(afterMs)
    await bench.deleteMachine(Uuid)
    await bench.clock.pass(10 * MINUTE_MS)
    t.equal(bench.cloud.there.length, 0, `${afterMs}`)
    t.match(await bench.status(), { Creating: { length: 0 }, Deleting: { length: 0 } }, `${afterMs}`)
    await bench.plugin.stop?.()
  }
})

test('a machine that is deleted as it is told of its device leaves no device', async (t) => {
  const bench = await begun()
  const { machines } = bench
  const update = machines.update.bind(machines)
  machines.update = async (before, after) => {
    const updated = await update(before, after)
    // The event is handled before the creation goes on and ends.
    if (after.Params['packet/uuid'] !== undefined) await bench.deleteMachine(after.Uuid)
    return updated
  }
  await bench.newMachine()
  await bench.clock.until(() => bench.cloud.made.length === 1 && bench.cloud.there.length === 0, 4 * MINUTE_MS)
  await bench.clock.pass(MINUTE_MS)
  t.match(await bench.status(), { Creating: { length: 0 }, Deleting: { length: 0 } })
  await bench.plugin.stop?.()
})

test('a machine that is deleted unheard during its creation leaves no device', async (t) => {
  for (const afterMs of [0, 1, 30_000]) {
    const bench = await begun()
    const { Uuid } = await bench.newMachine()
    await bench.clock.pass(afterMs)
    bench.machines.all.delete(Uuid)
    await bench.clock.pass(10 * MINUTE_MS)
    t.equal(bench.cloud.there.length, 0, `${afterMs}`)
    await bench.plugin.stop?.()
  }
})

test('a machine that is deleted before its create cancels the creation, whose record expires', async (t) => {
  const bench = await begun()
  bench.cloud.trouble('list', 'unreachable', 3)
  const { Uuid } = await bench.newMachine()
  await bench.clock.pass(1000)
  await bench.deleteMachine(Uuid)
  await bench.clock.until(() => bench.told(Uuid).includes('cancelled'))
  t.notOk(bench.told(Uuid).includes('failed'))
  t.equal(bench.cloud.made.length, 0)
  t.match(await bench.status(), { Creating: { length: 0 }, Failed: { length: 0 } })
  bench.clock.jump(25 * HOUR_MS)
  t.equal(await bench.store.get(keyOf('creation', Uuid)), undefined)
  await bench.plugin.stop?.()
})

test('a failed creation is forgotten with its machine, heard or unheard', async (t) => {
  for (const isHeard of [true, false]) {
    const bench = await begun()
    bench.cloud.fates.push('fails')
    const { Uuid } = await bench.newMachine()
    await bench.clock.until(() => bench.told(Uuid).includes('failed'))
    if (isHeard) await bench.deleteMachine(Uuid)
    else bench.machines.all.delete(Uuid)
    if (!isHeard) await bench.catchUp()
    t.strictSame((await bench.status()).Failed, [])
    await bench.clock.pass(10 * MINUTE_MS)
    t.equal(bench.cloud.there.length, 0)
    t.equal(await bench.store.get(keyOf('creation', Uuid)), undefined)
    await bench.plugin.stop?.()
  }
})

test('a failed device stays the cause while the endpoint is away', async (t) => {
  const bench = await begun()
  bench.cloud.fates.push('fails')
  const { Uuid } = await bench.newMachine()
  const untilMs = bench.clock.nowMs() + 10 * MINUTE_MS
  const update = bench.machines.update.bind(bench.machines)
  bench.machines.update = async (before, after) => {
    if (bench.clock.nowMs() < untilMs) throw new PowerbusError('TARGET_UNREACHABLE', 'endpoint')
    return update(before, after)
  }
  await bench.clock.until(() => bench.told(Uuid).includes('failed'))
  t.match(bench.machine(Uuid).Params['packet/problem'], /failed in the cloud/)
  await bench.clock.pass(10 * MINUTE_MS)
  t.strictSame(
    bench.told(Uuid).filter((action) => action === 'deleted'),
    ['deleted'],
  )
  await bench.plugin.stop?.()
})

test('a second device that appears after its machine was deleted is reported', async (t) => {
  const bench = await begun()
  await bench.clock.pass(1000)
  bench.cloud.trouble('create', 'lost')
  bench.cloud.trouble('list', 'empty', 1000)
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  await bench.deleteMachine(Uuid)
  await bench.clock.until(() => bench.told(Uuid).includes('deleted'))
  bench.cloud.troubles.length = 0
  await bench.clock.until(() => bench.told(Uuid).includes('handed-over'))
  t.match((await bench.status()).Leftovers, [{ deviceId: bench.cloud.there[0]?.id, machine: { Uuid } }])
  bench.clock.jump(8 * 24 * HOUR_MS)
  t.equal(await bench.store.get(keyOf('creation', Uuid)), undefined)
  await bench.plugin.stop?.()
})

test('a late device of a lost create is reported, even after its machine was deleted', async (t) => {
  const bench = await begun()
  bench.cloud.listedAfterMs = 60 * MINUTE_MS
  bench.cloud.trouble('create', 'lost')
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.cloud.made.length === 1)
  await bench.deleteMachine(Uuid)
  await bench.clock.until(() => bench.told(Uuid).includes('handed-over'))
  t.match((await bench.status()).Leftovers, [{ deviceId: bench.cloud.there[0]?.id, machine: { Uuid } }])
  await bench.plugin.stop?.()
})

for (const afterMs of [0, 10_000, 25_000, 10 * MINUTE_MS])
  test(`a machine that is made again under its Uuid ${afterMs} ms after it was deleted gets a device of its own`, async (t) => {
    for (const isSentTwice of [false, true])
      for (const isHeard of [true, false]) {
        const bench = await begun()
        await bench.clock.pass(1000)
        if (isSentTwice) {
          bench.cloud.trouble('create', 'lost')
          bench.cloud.trouble('list', 'empty', 1000)
        }
        const { Uuid } = await bench.newMachine()
        await bench.clock.until(() => bench.told(Uuid).includes('ready'))
        bench.cloud.troubles.length = 0
        const before = bench.cloud.made.length
        const own = bench.machine(Uuid).Params['packet/uuid']
        await bench.deleteMachine(Uuid)
        await bench.clock.pass(afterMs)
        const again = bench.machines.add({ Uuid, Name: 'again', Params: { 'machine-plugin': 'packet-ipmi' } })
        if (isHeard) await bench.event('create', again)
        else await bench.catchUp()
        const uuid = () => bench.machine(Uuid).Params['packet/uuid']
        await bench.clock.until(() => uuid() !== undefined, 60 * MINUTE_MS)
        await bench.clock.pass(20 * MINUTE_MS)
        t.not(uuid(), own)
        const owners = bench.cloud.there.filter(({ id }) => id === uuid())
        t.equal(owners.length, 1)
        const told = (await bench.status()).Leftovers.map(({ deviceId }: { readonly deviceId: string }) => deviceId)
        t.strictSame(
          bench.cloud.there.map(({ id }) => id).filter((id) => id !== uuid() && !told.includes(id)),
          [],
          'no other is forgotten',
        )
        if (!isSentTwice) t.equal(bench.cloud.made.length, before + 1)
        await bench.plugin.stop?.()
      }
  })

test('a machine that lost its packet/uuid gets it again, and no second device', async (t) => {
  const bench = await begun()
  const machine = await bench.newMachine()
  await bench.clock.until(() => bench.told(machine.Uuid).includes('ready'))
  bench.machines.all.set(machine.Uuid, machine)
  bench.cloud.trouble('list', 'empty', 1000)
  await bench.catchUp()
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(bench.machine(machine.Uuid).Params['packet/uuid'], bench.cloud.made[0]?.id)
  t.equal(bench.cloud.made.length, 1)
  await bench.plugin.stop?.()
})

test('a new device that the cloud does not know for a minute is no failure', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const get = bench.cloud.get.bind(bench.cloud)
  bench.cloud.get = async (id) => {
    const made = bench.cloud.made.find((device) => device.id === id)
    return made && bench.clock.nowMs() - made.madeAtMs < MINUTE_MS ? 'gone' : get(id)
  }
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).some((action) => action === 'ready' || action === 'failed'))
  t.ok(bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.there.length, 1)
  await bench.plugin.stop?.()
})

test('one "not found" answer does not end a deletion', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  const get = bench.cloud.get.bind(bench.cloud)
  let looks = 0
  bench.cloud.get = async (id) => (++looks === 2 ? 'gone' : get(id))
  await bench.deleteMachine(Uuid)
  await bench.clock.until(() => bench.told(Uuid).includes('deleted'))
  t.ok(looks > 2)
  t.equal(bench.cloud.there.length, 0)
  await bench.plugin.stop?.()
})

test('the second device of a lost create is deleted, and none that only has the tag', async (t) => {
  const bench = new Bench()
  await bench.configure()
  bench.cloud.trouble('create', 'lost')
  bench.cloud.trouble('list', 'empty', 1000)
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.cloud.made.length === 1)
  const foreign = await bench.cloud.add('foreign', [`powerbus-machine=${Uuid}`])
  await bench.clock.until(() => bench.cloud.made.length === 3)
  bench.cloud.troubles.length = 0
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  await bench.clock.pass(10 * MINUTE_MS)
  t.equal(bench.cloud.there.length, 2)
  t.ok(bench.cloud.there.some(({ id }) => id === foreign))
  await bench.plugin.stop?.()
})

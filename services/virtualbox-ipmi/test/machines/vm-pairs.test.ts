import { setTimeout as sleep } from 'node:timers/promises'
import { DrpApiError, type Machine } from '@powerbus/drp'
import type { PublishContext } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { machineEvents } from '../../src/machines/machine-events.ts'
import type { Service } from '../../src/service.ts'
import type { VmHost } from '../../src/vm-host.ts'
import { openHostBench } from '../host-bench.ts'
import { call } from '../vm-bench.ts'

const own = { 'machine-plugin': 'vms' }
const sizes = { cpus: 1, memoryMb: 64, vramMb: 8, diskMb: 8 }
const ORPHAN = '3F2B6A1E-0000-4000-8000-00000000000B'

async function benchWithVm(t: Parameters<typeof openHostBench>[0]) {
  const bench = await openHostBench(t)
  const host = await bench.start()
  const machine = bench.endpoint.add({ Name: 'a', Params: own })
  await host.pairs.ensure(machine, bench.never, true)
  const id = machine.Uuid.toUpperCase()
  const remove = (uuid: string, by: VmHost = host) => by.removal.release(bench.endpoint.remove(uuid), bench.never)
  /** What becomes of an event that tells of the machine's end. */
  const heardDeleted = (gone: Machine) =>
    machineEvents({ host } as unknown as Service).handle(
      { Time: '', Type: 'machines', Action: 'delete', Key: gone.Uuid, Principal: '', Object: gone, Original: null },
      { signal: bench.never } as PublishContext,
    )
  return { ...bench, host, machine, id, remove, heardDeleted }
}

test('an adopted VM that somebody deletes is not made again', async (t) => {
  for (const poweredBy of ['virtualbox', 'ipmi'] as const) {
    const { hypervisor, endpoint, start, never } = await openHostBench(t)
    const settings = { poweredBy }
    const imported = hypervisor.add({ name: 'imported' })
    const completed = hypervisor.add({ name: 'completed' })
    endpoint.add({ Name: 'completed', Uuid: completed.id.toLowerCase(), Params: own })
    await start({ settings })
    t.match(endpoint.named('imported')?.Params, own)
    for (const vm of [imported, completed]) hypervisor.vms.delete(vm.id)
    const host = await start({ settings })
    await host.bringTogether(false, never)
    for (const machine of endpoint.all.values()) await host.pairs.ensure(machine, never, true)
    t.same([...hypervisor.vms], [], poweredBy)
    t.same(endpoint.all.size, 2, 'its machine stays')
  }
})

test('a machine whose virtualbox/id names an unknown VM had one, and gets none', async (t) => {
  const { hypervisor, endpoint, start } = await openHostBench(t)
  endpoint.add({ Name: 'a', Params: { ...own, 'virtualbox/id': ORPHAN } })
  await start()
  t.same([...hypervisor.vms], [])
})

test('a VM that this plugin destroyed is made again for a new machine only', async (t) => {
  const { host, machine, id, hypervisor, endpoint, never } = await benchWithVm(t)
  await host.removal.destroy(id, call())
  await host.pairs.ensure(machine, never)
  t.notOk(hypervisor.vms.has(id))
  await host.pairs.ensure(endpoint.add({ ...machine, Params: own }), never, true)
  t.ok(hypervisor.vms.has(id))
})

test('a failing endpoint API is named in the error, and destroys no VM', async (t) => {
  const { machine, id, hypervisor, endpoint, heardDeleted } = await benchWithVm(t)
  for (const [kind, status, code] of [
    ['refused', 503, 'TARGET_UNREACHABLE'],
    ['refused', 429, 'TARGET_BUSY'],
    ['unreachable', 0, 'TARGET_UNREACHABLE'],
    ['not-found', 404, 'OBJECT_UNKNOWN'],
  ] as const) {
    endpoint.failure = new DrpApiError(kind, 'of a proxy', { status })
    await t.rejects(heardDeleted(machine), { code, message: /endpoint's API/ }, `${kind} ${status}`)
  }
  t.ok(hypervisor.vms.has(id))
})

test('a VM that the plugin made is destroyed with its machine; an imported one stays', async (t) => {
  const { hypervisor, id, machine, remove, endpoint, start } = await benchWithVm(t)
  const found = hypervisor.add({ name: 'found' })
  const host = await start()
  await remove(machine.Uuid)
  await remove(endpoint.named('found')?.Uuid ?? '', host)
  t.notOk(hypervisor.vms.has(id))
  t.ok(hypervisor.vms.has(found.id))
})

test('a VM stays until the last machine that stands for it is deleted', async (t) => {
  const { host, machine, id, hypervisor, endpoint, remove, lines, never } = await benchWithVm(t)
  const copy = endpoint.add({ Name: 'copy', Params: { ...own, 'virtualbox/id': id } })
  await host.pairs.ensure(copy, never, true)
  await remove(copy.Uuid)
  t.ok(hypervisor.vms.has(id))
  t.ok(lines.includes('warn a machine was deleted, and its VM stays'), 'it is logged')
  await remove(machine.Uuid)
  t.notOk(hypervisor.vms.has(id), 'with the last one it goes')
})

test('the VM of a machine that was protected by a param or a profile stays', async (t) => {
  const cases: readonly [Partial<Machine>, boolean][] = [
    [{ Params: { ...own, 'power/protected': true } }, true],
    [{ Profiles: ['production'] }, true],
    [{ Profiles: ['gone', 'production'] }, true],
    [{ Profiles: ['production'], Params: { ...own, 'power/protected': false } }, false],
    [{ Profiles: ['lab', 'production'] }, false],
    [{}, false],
  ]
  for (const [fields, stays] of cases) {
    const { machine, id, hypervisor, endpoint, remove } = await benchWithVm(t)
    endpoint.profiles.set('production', { 'power/protected': true })
    endpoint.profiles.set('lab', { 'power/protected': false })
    endpoint.add({ ...machine, ...fields })
    await remove(machine.Uuid)
    t.equal(hypervisor.vms.has(id), stays, JSON.stringify(fields))
  }
})

test('power/protected in the global profile protects a VM', async (t) => {
  const { machine, id, hypervisor, endpoint, remove } = await benchWithVm(t)
  endpoint.profiles.set('global', { 'power/protected': true })
  await remove(machine.Uuid)
  t.ok(hypervisor.vms.has(id))
})

test('a look during createVm does not remove the VM as half-made', async (t) => {
  const { host, hypervisor, endpoint, never } = await benchWithVm(t)
  hypervisor.before = async (method) => {
    if (method !== 'setExtra') return
    hypervisor.before = () => undefined
    looks.push(host.bringTogether(true, never))
    // It waits for its turn; one that took none would have its time here.
    await Promise.race([...looks, sleep(100)])
  }
  const looks: Promise<void>[] = []
  const { machine } = await host.pairs.create({ name: 'b', id: ORPHAN, ...sizes }, call())
  await Promise.all(looks)
  t.equal(looks.length, 1)
  t.ok(hypervisor.vms.has(ORPHAN))
  t.equal(endpoint.named('b')?.Uuid, machine.Uuid)
  t.equal(endpoint.all.size, 2)
})

test('a machine of the lab that was deleted and made again between two runs gets a new VM', async (t) => {
  const { machine, id, hypervisor, endpoint, start } = await benchWithVm(t)
  const foreign = hypervisor.add({ name: 'b' })
  endpoint.remove(machine.Uuid)
  const again = endpoint.add({ Name: 'a', Params: own })
  endpoint.add({ Name: 'b', Params: own })
  await start()
  t.notOk(hypervisor.vms.has(id))
  t.match(hypervisor.vms.get(again.Uuid.toUpperCase()), { name: 'a' })
  t.ok(hypervisor.vms.has(foreign.id), 'one that somebody else made stays')
  t.equal(endpoint.all.size, 3, 'and gets a machine under another name')
})

test('the VM of such a machine stays in VirtualBox', async (t) => {
  const { machine, id, hypervisor, endpoint, start } = await benchWithVm(t)
  Object.defineProperty(hypervisor, 'name', { value: 'virtualbox' })
  endpoint.remove(machine.Uuid)
  endpoint.add({ Name: 'a', Params: own })
  await start()
  t.ok(hypervisor.vms.has(id))
})

test('a VM of the lab without a machine stays when the machine of its name had another VM before', async (t) => {
  const { host, id, hypervisor, endpoint, start } = await benchWithVm(t)
  hypervisor.vms.delete(id)
  const { machine } = await host.pairs.create({ name: 'a', id: ORPHAN, ...sizes }, call())
  endpoint.remove(machine.Uuid)
  await start()
  t.ok(hypervisor.vms.has(ORPHAN))
})

test('a VM of the lab whose machine was renamed stays when another machine takes the name', async (t) => {
  const { machine, id, hypervisor, endpoint, start } = await benchWithVm(t)
  endpoint.add({ ...machine, Name: 'renamed' })
  endpoint.add({ Name: 'a', Params: own })
  await start()
  t.ok(hypervisor.vms.has(id))
})

test('a late event of a deletion does not destroy the VM of a machine that was made again', async (t) => {
  const { machine, id, hypervisor, heardDeleted } = await benchWithVm(t)
  await heardDeleted(machine)
  t.ok(hypervisor.vms.has(id))
})

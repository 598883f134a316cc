import { DrpApiError, type Machine } from '@powerbus/drp'
import type { PublishContext } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { machineEvents } from '../../src/machines/machine-events.ts'
import type { Service } from '../../src/service.ts'
import { openHostBench } from '../host-bench.ts'

const own = { 'machine-plugin': 'vms' }
const GHOST = '3f2b6a1e-0000-4000-8000-00000000000c'

async function benchWithVm(t: Parameters<typeof openHostBench>[0], params: Machine['Params'] = {}) {
  const bench = await openHostBench(t)
  const host = await bench.start()
  const machine = bench.endpoint.add({ Name: 'a', Params: { ...own, ...params } })
  const event = (Action: string, said: Machine) =>
    machineEvents({ host } as unknown as Service).handle(
      { Time: '', Type: 'machines', Action, Key: said.Uuid, Principal: '', Object: said, Original: null },
      { signal: bench.never } as PublishContext,
    )
  await event('create', machine)
  return { ...bench, host, machine, id: machine.Uuid.toUpperCase(), event }
}

test('a delete event about a machine that exists, or about another machine, destroys no VM', async (t) => {
  const { hypervisor, endpoint, machine, id, event } = await benchWithVm(t)
  await event('delete', machine)
  await event('delete', { ...machine, Uuid: GHOST, Params: { ...own, 'virtualbox/id': id } })
  t.ok(hypervisor.vms.has(id))
  endpoint.remove(machine.Uuid)
  await event('delete', { ...machine, Uuid: GHOST, Params: { ...own, 'virtualbox/id': id } })
  t.ok(hypervisor.vms.has(id), "a VM without a machine does not go by another machine's event")
  await event('delete', { ...machine, Params: { ...machine.Params, 'machine-plugin': 'other' } })
  t.ok(hypervisor.vms.has(id))
  await event('delete', machine)
  t.notOk(hypervisor.vms.has(id))
})

test('a create event makes a VM only for a machine that is there and names this plugin', async (t) => {
  const { hypervisor, endpoint, machine, event } = await benchWithVm(t)
  const other = endpoint.add({ Name: 'other', Params: { 'machine-plugin': 'else' } })
  await event('create', { ...other, Params: own })
  await event('create', { ...machine, Uuid: GHOST, Name: 'ghost' })
  t.equal(hypervisor.vms.size, 1)
})

test('events out of order, late and repeated leave what the endpoint says', async (t) => {
  const { hypervisor, endpoint, machine, id, event } = await benchWithVm(t)
  endpoint.remove(machine.Uuid)
  await event('create', machine)
  await event('delete', machine)
  await event('delete', machine)
  await event('create', machine)
  t.notOk(hypervisor.vms.has(id), 'the machine is gone')
  const again = endpoint.add({ Name: 'a', Uuid: machine.Uuid, Params: own })
  await event('delete', machine)
  await event('create', again)
  await event('delete', machine)
  t.ok(hypervisor.vms.has(id), 'the machine was made again')
  const sameName = endpoint.add({ Name: 'b', Params: own })
  await event('create', sameName)
  endpoint.remove(again.Uuid)
  await event('delete', { ...again, Name: 'b' })
  t.same([...hypervisor.vms.keys()], [sameName.Uuid.toUpperCase()])
})

test('an unconfirmed deletion destroys nothing, is logged, and is looked at again, also by the next process', async (t) => {
  for (const [kind, status] of [
    ['unauthorized', 401],
    ['unauthorized', 403],
    ['refused', 503],
    ['refused', 429],
    ['unreachable', 0],
    ['timeout', 0],
    ['not-found', 404],
  ] as const) {
    const { hypervisor, endpoint, machine, id, event, lines, start } = await benchWithVm(t)
    endpoint.remove(machine.Uuid)
    endpoint.failure = new DrpApiError(kind, 'of a proxy', { status })
    await t.rejects(event('delete', machine))
    const reported = lines.filter((line) => line.includes('calls deleted stays'))
    t.equal(reported.length, 1, `${kind} ${status}`)
    const next = await start()
    await next.lookAgain()
    t.ok(hypervisor.vms.has(id), `${kind} ${status}`)
    endpoint.failure = undefined
    endpoint.all.clear()
    await next.lookAgain()
    t.notOk(hypervisor.vms.has(id), `${kind} ${status}: the endpoint has confirmed it`)
  }
})

test('a machine that exists when the endpoint answers again keeps its VM', async (t) => {
  const { hypervisor, endpoint, machine, id, event, host } = await benchWithVm(t)
  endpoint.failure = new DrpApiError('unreachable', 'away', { status: 0 })
  await t.rejects(event('delete', machine))
  endpoint.failure = undefined
  await host.lookAgain()
  endpoint.remove(machine.Uuid)
  await host.lookAgain()
  t.ok(hypervisor.vms.has(id), 'the question is settled')
})

test('power/protected of a machine that is gone counts also if a later event denies it', async (t) => {
  const { hypervisor, endpoint, machine, id, event } = await benchWithVm(t, { 'power/protected': true })
  endpoint.remove(machine.Uuid)
  await event('delete', machine)
  await event('delete', { ...machine, Params: { ...machine.Params, 'power/protected': false } })
  t.ok(hypervisor.vms.has(id))
  const again = endpoint.add({ Name: 'a', Uuid: machine.Uuid, Params: own })
  await event('create', again)
  endpoint.remove(again.Uuid)
  await event('delete', again)
  t.notOk(hypervisor.vms.has(id), 'the machine that was made again was not protected')
})

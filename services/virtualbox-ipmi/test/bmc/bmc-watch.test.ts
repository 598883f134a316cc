import { test } from 'tap'
import { BmcWatch } from '../../src/bmc/bmc-watch.ts'
import { openHostBench } from '../host-bench.ts'

/** A host with emulated BMCs whose looks are asked for. */
async function watchBench(t: Parameters<typeof openHostBench>[0], importVms = true) {
  const bench = await openHostBench(t)
  const { hypervisor, endpoint, bmc, log, never, start } = bench
  const before = hypervisor.add({ name: 'before' })
  const host = await start({ settings: { bmc, importVms } })
  const { rack } = host
  if (!rack) throw new Error('there is no rack')
  const watch = new BmcWatch({ hypervisor, machines: host.machines, pairs: host.pairs, rack, log, signal: never })
  const port = (name: string) => endpoint.named(name)?.Params['ipmi/port-ipmitool']
  return { ...bench, host, rack, watch, before, port }
}

test('a VM that comes later gets its BMC, and the machine that stands for it is told where', async (t) => {
  const { watch, hypervisor, endpoint, port, rack } = await watchBench(t)
  const { id } = hypervisor.add({ name: 'later' })
  endpoint.add({ Name: 'later', Uuid: id.toLowerCase(), Params: { 'machine-plugin': 'vms' } })
  const alone = hypervisor.add({ name: 'alone' })
  await watch.look()
  t.type(port('later'), 'number')
  t.ok(rack.ids.includes(alone.id))
  t.notOk(endpoint.named('alone'), 'a machine is made at a config, and not by the way')
})

test('a BMC that could not be started at first is told of to its machine when it is', async (t) => {
  const { watch, hypervisor, host, endpoint, port, never, lines } = await watchBench(t)
  const { id } = hypervisor.add({ name: 'b' })
  hypervisor.hangs = (method, vm) => method === 'getExtra' && vm === id
  const machine = endpoint.add({ Name: 'b', Uuid: id.toLowerCase(), Params: { 'machine-plugin': 'vms' } })
  const late = new AbortController()
  const ensured = host.pairs.ensure(machine, AbortSignal.any([never, late.signal]))
  late.abort()
  await t.rejects(ensured)
  t.equal(port('b'), undefined)
  hypervisor.hangs = () => false
  await watch.look()
  t.type(port('b'), 'number')
  t.same(lines, [])
})

test('a VM that cannot be read is told of once, and gets its BMC when it can be', async (t) => {
  const { watch, hypervisor, rack, lines } = await watchBench(t)
  const { id } = hypervisor.add({ name: 'sick' }, 'inaccessible')
  hypervisor.before = (method, vm) => {
    if (method === 'getExtra' && hypervisor.vm(vm).state === 'inaccessible') throw new Error('it cannot be read')
  }
  for (let look = 0; look < 3; look++) await watch.look()
  t.equal(lines.length, 1, lines.join())
  hypervisor.set(id, { state: 'poweredoff' })
  await watch.look()
  t.ok(rack.ids.includes(id))
  await rack.remove(id)
  hypervisor.set(id, { state: 'inaccessible' })
  await watch.look()
  t.equal(lines.length, 2, 'and again when it falls ill again')
})

test('the BMC of a VM that went is stopped', async (t) => {
  const { watch, hypervisor, rack, before } = await watchBench(t)
  t.same(rack.ids, [before.id])
  hypervisor.vms.clear()
  await watch.look()
  t.same(rack.ids, [])
})

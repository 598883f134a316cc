import { test } from 'tap'
import { openHostBench } from './host-bench.ts'

/** A host with emulated BMCs. `look`: what it does every 30 seconds. */
async function watchBench(t: Parameters<typeof openHostBench>[0], importVms = true) {
  const bench = await openHostBench(t)
  const { hypervisor, endpoint, bmc, start } = bench
  const before = hypervisor.add({ name: 'before' })
  const host = await start({ settings: { bmc, importVms } })
  const { rack } = host
  if (!rack) throw new Error('there is no rack')
  const look = () => host.matchBmcs(rack)
  const port = (name: string) => endpoint.named(name)?.Params['ipmi/port-ipmitool']
  return { ...bench, host, rack, look, before, port }
}

test("a new VM gets its BMC, and its machine the BMC's address", async (t) => {
  const { look, hypervisor, endpoint, port, rack } = await watchBench(t)
  const { id } = hypervisor.add({ name: 'later' })
  endpoint.add({ Name: 'later', Uuid: id.toLowerCase(), Params: { 'machine-plugin': 'vms' } })
  const alone = hypervisor.add({ name: 'alone' })
  await look()
  t.type(port('later'), 'number')
  t.ok(rack.ids.includes(alone.id))
  t.notOk(endpoint.named('alone'), 'only a config makes machines')
})

test('a machine gets the address of a BMC that starts late', async (t) => {
  const { look, hypervisor, host, endpoint, port, never, lines } = await watchBench(t)
  const { id } = hypervisor.add({ name: 'b' })
  hypervisor.hangs = (method, vm) => method === 'getExtra' && vm === id
  const machine = endpoint.add({ Name: 'b', Uuid: id.toLowerCase(), Params: { 'machine-plugin': 'vms' } })
  const late = new AbortController()
  const ensured = host.pairs.ensure(machine, AbortSignal.any([never, late.signal]))
  late.abort()
  await t.rejects(ensured)
  t.equal(port('b'), undefined)
  hypervisor.hangs = () => false
  await look()
  t.type(port('b'), 'number')
  t.same(lines, [])
})

test('a VM that cannot be read is logged once, and gets its BMC when it can be read', async (t) => {
  const { look, hypervisor, rack, lines } = await watchBench(t)
  const { id } = hypervisor.add({ name: 'sick' }, 'inaccessible')
  hypervisor.before = (method, vm) => {
    if (method === 'getExtra' && hypervisor.vm(vm).state === 'inaccessible') throw new Error('it cannot be read')
  }
  for (let count = 0; count < 3; count++) await look()
  t.equal(lines.length, 1, lines.join())
  hypervisor.set(id, { state: 'poweredoff' })
  await look()
  t.ok(rack.ids.includes(id))
  await rack.remove(id)
  hypervisor.set(id, { state: 'inaccessible' })
  await look()
  t.equal(lines.length, 2, 'and again when it cannot be read again')
})

test('the BMC of a VM that is gone is stopped', async (t) => {
  const { look, hypervisor, rack, before } = await watchBench(t)
  t.same(rack.ids, [before.id])
  hypervisor.vms.clear()
  await look()
  t.same(rack.ids, [])
})

test('the BMC of a VM that only a list lacks goes on', async (t) => {
  const { look, hypervisor, rack, before } = await watchBench(t)
  hypervisor.list = async () => ({ vms: [], problems: [] })
  await look()
  t.same(rack.ids, [before.id], 'the VM can still be read')
  hypervisor.vms.clear()
  hypervisor.list = async () => ({ vms: [], problems: ['not a VM in the list'] })
  await look()
  t.same(rack.ids, [before.id], 'part of the list could not be read')
})

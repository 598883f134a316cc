import { test } from 'tap'
import { openPluginBench } from '../plugin-bench.ts'

async function benchWithVm(t: Parameters<typeof openPluginBench>[0]) {
  const bench = await openPluginBench(t)
  const made = await bench.run('createVm', { 'virtualbox/name': 'a' })
  const id = String(made.Id)
  const machine = bench.endpoint.named('a')
  if (!machine) throw new Error('createVm made no machine')
  return { ...bench, id, machine, state: () => bench.hypervisor.vms.get(id)?.state }
}

const named = { 'virtualbox/name': 'a' }

test('createVm, startVm, stopVm and destroyVm take the name of a VM', async (t) => {
  const { run, state } = await benchWithVm(t)
  t.match(await run('startVm', named), { Power: 'on', Changed: true })
  t.match(await run('stopVm', named), { Power: 'off', Changed: true })
  t.match(await run('destroyVm', named), { Destroyed: true })
  t.equal(state(), undefined)
})

test('power/protected on the machine or its profile keeps a VM from stopVm and destroyVm', async (t) => {
  const { run, state, machine, endpoint, id } = await benchWithVm(t)
  const ways = [
    { ...machine, Params: { ...machine.Params, 'power/protected': true } },
    { ...machine, Profiles: ['production'] },
  ]
  endpoint.profiles.set('production', { 'power/protected': true })
  for (const protectedMachine of ways) {
    endpoint.add(protectedMachine)
    t.match(await run('startVm', named), { Power: 'on' }, 'it may be started')
    await t.rejects(run('stopVm', named), { code: 'TARGET_PROTECTED' })
    await t.rejects(run('destroyVm', { 'virtualbox/id': id }), { code: 'TARGET_PROTECTED' })
    t.equal(state(), 'running')
  }
  endpoint.add(machine)
  t.match(await run('destroyVm', named), { Destroyed: true })
})

test('one protected machine of several protects the VM', async (t) => {
  const { run, state, endpoint, id } = await benchWithVm(t)
  endpoint.add({ Name: 'copy', Params: { 'virtualbox/id': id.toLowerCase(), 'power/protected': true } })
  await t.rejects(run('destroyVm', named), { code: 'TARGET_PROTECTED' })
  t.equal(state(), 'poweredoff')
})

test('destroyVm refuses a VM that the plugin did not make, also as a dry run', async (t) => {
  const { run, hypervisor } = await openPluginBench(t)
  const { id } = hypervisor.add({ name: 'found' })
  for (const params of [{}, { 'power/dry-run': true }])
    await t.rejects(run('destroyVm', { 'virtualbox/id': id, ...params }), { code: 'OBJECT_CONFLICT' })
  t.ok(hypervisor.vms.has(id))
})

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { EmbeddedStore } from '@powerbus/store'
import { bundledProgram, fakeVBoxManage, startProcess, type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { openVirtualBox } from '../../src/hypervisor/virtualbox/virtualbox.ts'
import type { VmNetwork } from '../../src/hypervisor/vm.ts'
import { Ownership } from '../../src/vm/ownership.ts'
import { VmMaker } from '../../src/vm/vm-maker.ts'
import { openHostBench } from '../host-bench.ts'
import { MemoryEndpoint } from '../memory-endpoint.ts'
import { call, openVmBench } from '../vm-bench.ts'

const newSpec = () => ({ id: randomUUID().toUpperCase(), name: 'a', cpus: 1, memoryMb: 64, vramMb: 8, diskMb: 8 })
const sizes = { 'virtualbox/cpus': 3, 'virtualbox/mem-size-mb': 512 }

/** The last command before the making is cut off. */
const steps = ['createvm', 'modifyvm', 'storagectl', 'createmedium', 'storageattach', 'setextradata']

/** VMs whose making was cut off by SIGKILL, one at each step, and the state that their maker left. */
async function killedAtEachStep(t: TestScope) {
  const cut = steps.map((step) => {
    const fake = fakeVBoxManage(t)
    fake.fault({ command: step, when: 'after', kind: 'hang' })
    return { step, fake, id: randomUUID().toUpperCase() }
  })
  const folder = tempFolder(t)
  const child = bundledProgram(join(import.meta.dirname, 'maker-process.ts'))
  const pairs = cut.flatMap(({ fake, id }) => [fake.command, id])
  const node = ['node', child, folder, ...pairs]
  const maker = await startProcess(t, '/usr/bin/env', node)
  for (const { step, fake } of cut) await waitUntil(step, () => fake.faults()[0]?.times === 0, { timeoutMs: 60_000 })
  maker.kill('SIGKILL')
  await maker.exited
  // The hanging program outlives the maker.
  for (const { fake, step } of cut) process.kill(fake.calls().find(({ args }) => args[0] === step)?.pid ?? 0, 'SIGKILL')
  return { folder, cut }
}

test('a VM whose making is killed at any step is complete after the next start', async (t) => {
  const { start } = await openHostBench(t)
  const { folder, cut } = await killedAtEachStep(t)
  const store = await EmbeddedStore.open({ folder })
  t.teardown(() => store.close())
  await Promise.all(
    cut.map(async ({ step, fake, id }) => {
      const endpoint = new MemoryEndpoint()
      const Uuid = id.toLowerCase()
      endpoint.add({ Name: 'a', Uuid, Params: { 'machine-plugin': 'vms', ...sizes } })
      const hypervisor = openVirtualBox({ command: fake.command })
      await start({ hypervisor, endpoint, state: async () => store, lookMs: 60_000 }, 100_000)
      const [vm, ...others] = fake.vms()
      t.match(vm, { id: Uuid, cpus: 3, memory: 512, boot: ['net', 'disk', 'none', 'none'], state: 'poweroff' }, step)
      t.match(vm?.nics, [{ kind: 'hostonly' }, { kind: 'nat' }], step)
      const disk = vm?.controllers[0]?.disks['0-0']?.path ?? ''
      t.ok(existsSync(disk), `${step}: it has its disk`)
      t.same(
        fake.media().map(({ path }) => path),
        [disk],
        `${step}: no other disk is left`,
      )
      t.same(others, [], step)
      t.match(vm?.extra['powerbus/owner'], new RegExp(id), step)
      t.match(endpoint.all.get(Uuid)?.Params, { 'virtualbox/id': id }, step)
      const makings = fake.calls().filter(({ args }) => args[0] === 'createvm')
      t.equal(makings.length, step === 'setextradata' ? 1 : 2, `${step}: a marked VM is complete`)
    }),
  )
})

async function makerBench(t: TestScope) {
  const bench = await openVmBench(t)
  const ownership = new Ownership(bench, 'vms')
  const maker = new VmMaker(bench.power(), ownership)
  /** A VM whose making was cut off. */
  const unfinished = async (state?: string) => {
    const vm = bench.hypervisor.add({ name: 'half' }, state)
    await ownership.write(vm.id, 'making')
    return vm
  }
  return { ...bench, ownership, maker, unfinished }
}

test('an unfinished VM without a machine is removed, and gets none', async (t) => {
  const { hypervisor, endpoint, state, start } = await openHostBench(t)
  const { id } = hypervisor.add({ name: 'half' })
  await new Ownership({ hypervisor, state }, 'vms').write(id, 'making')
  await start()
  t.notOk(hypervisor.vms.has(id))
  t.equal(endpoint.all.size, 0)
})

test('an unfinished VM that somebody has started stays', async (t) => {
  const { maker, unfinished, hypervisor } = await makerBench(t)
  const { id } = await unfinished('running')
  await t.rejects(maker.make({ ...newSpec(), id }, call()), { code: 'OBJECT_CONFLICT' })
  t.match(hypervisor.vm(id), { name: 'half', state: 'running' })
})

test('a foreign VM with the requested id stays', async (t) => {
  const { maker, hypervisor } = await makerBench(t)
  const { id } = hypervisor.add({ name: 'foreign' })
  await t.rejects(maker.make({ ...newSpec(), id }, call()), { code: 'OBJECT_CONFLICT' })
  await t.rejects(maker.destroy(id, call()), { code: 'OBJECT_CONFLICT' })
  t.ok(hypervisor.vms.has(id))
})

test('a VM that cannot be marked is removed, and its name is free', async (t) => {
  const { maker, hypervisor } = await makerBench(t)
  hypervisor.failures.push({ method: 'setExtra', code: 'TARGET_UNREACHABLE', times: 1 })
  await t.rejects(maker.make(newSpec(), call()), { code: 'TARGET_UNREACHABLE' })
  t.equal(hypervisor.vms.size, 0)
  const { id } = await maker.make(newSpec(), call())
  t.equal(await maker.originOf(id, call()), 'ours')
})

test('destroy repeats while the VM is locked, and succeeds when a try without an answer removed the VM', async (t) => {
  const { maker, hypervisor } = await makerBench(t)
  const { id } = await maker.make(newSpec(), call())
  hypervisor.failures.push({ method: 'destroy', code: 'TARGET_BUSY', times: 1 })
  hypervisor.before = (method) => {
    if (method !== 'destroy' || hypervisor.failures[0]?.times !== 0) return
    hypervisor.before = () => undefined
    hypervisor.vms.delete(id)
    hypervisor.failures.push({ method: 'destroy', code: 'TARGET_TIMEOUT', times: 1 })
  }
  await maker.destroy(id, call())
  t.equal(await maker.phase(id), 'destroyed')
})

test("a clone of a VM, and a VM of another endpoint, are not this plugin's", async (t) => {
  const { maker, hypervisor, ownership, state } = await makerBench(t)
  const { id } = await maker.make(newSpec(), call())
  const clone = hypervisor.add({ name: 'clone' })
  await hypervisor.setExtra(clone.id, 'powerbus/owner', await hypervisor.getExtra(id, 'powerbus/owner'))
  t.notOk(await ownership.isOurs(clone.id, call()))
  const other = await openVmBench(t)
  t.notOk(
    await new Ownership({ hypervisor, state: other.state }, 'vms').isOurs(id, call()),
    'the plugin of another endpoint',
  )
  t.notOk(await new Ownership({ hypervisor, state }, 'other').isOurs(id, call()), 'another plugin object')
  t.ok(await ownership.isOurs(id, call()))
})

test('a VM is made in the networks that the hypervisor chooses, and not at all where it finds none', async (t) => {
  const { hypervisor, power, state } = await openVmBench(t)
  const vm = power()
  const maker = new VmMaker(vm, new Ownership(vm.context, 'vms'))
  const networks = [{ kind: 'hostonlynet', name: 'HostNetwork' }, { kind: 'nat' }] as const
  const specs: (readonly VmNetwork[] | undefined)[] = []
  const { create } = hypervisor
  hypervisor.create = async (spec) => {
    specs.push(spec.networks)
    return await create.call(hypervisor, spec)
  }
  const spec = () => ({ ...newSpec(), name: `vm ${randomUUID()}` })
  Object.assign(hypervisor, { networks: async () => networks })
  await maker.make(spec(), call())
  await maker.make({ ...spec(), networks: [{ kind: 'nat' }] }, call())
  t.same(specs, [networks, [{ kind: 'nat' }]])
  const refused = spec()
  const lacking = new PowerbusError('TARGET_STATE', 'the host has no network')
  Object.assign(hypervisor, { networks: () => Promise.reject(lacking) })
  await t.rejects(maker.make(refused, call()), lacking)
  t.equal(specs.length, 2)
  t.equal(await (await state()).get(`made/${refused.id}`), undefined, 'nothing is recorded')
})

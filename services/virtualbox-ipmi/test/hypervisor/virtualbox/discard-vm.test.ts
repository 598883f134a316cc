import { existsSync } from 'node:fs'
import type { TestScope } from '@powerbus/testkit'
import { test } from 'tap'
import { call, FOREIGN_ID, newSpec, openBench } from './virtualbox-bench.ts'

/** A VM with its disk, beside the foreign one; and what a discard of it does. */
async function madeVm(t: TestScope) {
  const bench = openBench(t)
  const { fake, hypervisor } = bench
  const { id } = await hypervisor.create(newSpec(), call)
  const disk = fake.vm(id).controllers[0]?.disks['0-0']?.path
  if (disk === undefined || !existsSync(disk)) throw new Error('the VM was made without a disk')
  const { discard } = hypervisor
  if (!discard) throw new Error('VirtualBox has no discard')
  const detach = () => fake.change(id, { controllers: [] })
  const isThere = () => fake.vms().some((vm) => vm.id.toUpperCase() === id)
  const closings = () => fake.calls().filter(({ args }) => args[0] === 'closemedium')
  return { ...bench, id, disk, detach, isThere, closings, discard: () => discard(id, call) }
}

test('discard removes a VM with the disk that is attached to it', async (t) => {
  const { fake, disk, isThere, closings, discard } = await madeVm(t)
  await discard()
  t.notOk(isThere())
  t.notOk(existsSync(disk))
  t.equal(closings().length, 0, 'VirtualBox deletes no disk that is attached')
  t.equal(fake.vms().length, 1, 'the foreign VM stays')
})

test('discard removes a VM and its disk that is not attached to it', async (t) => {
  const { disk, detach, isThere, closings, discard } = await madeVm(t)
  detach()
  await discard()
  t.notOk(isThere())
  t.notOk(existsSync(disk))
  t.equal(closings().length, 1)
})

test('discard removes a VM whose disk was not made yet', async (t) => {
  const { fake, disk, detach, isThere, closings, discard } = await madeVm(t)
  detach()
  const text = `Could not find file for the medium '${disk}' (VERR_FILE_NOT_FOUND)`
  fake.fault({ command: 'closemedium', kind: 'error', text, result: 'VBOX_E_FILE_ERROR' })
  await discard()
  t.equal(closings().length, 1, 'it was looked for')
  t.notOk(isThere())
})

test('discard keeps the VM while its detached disk cannot be deleted', async (t) => {
  const { fake, disk, detach, isThere, discard } = await madeVm(t)
  detach()
  fake.fault({ command: 'closemedium', kind: 'error', text: 'The disk is in use today' })
  await t.rejects(discard(), { code: 'TARGET_UNREACHABLE', message: /in use today/ })
  t.ok(isThere(), 'without the VM nobody would know of the disk')
  t.ok(existsSync(disk))
})

test('destroy leaves a disk that somebody has detached', async (t) => {
  const { hypervisor, id, disk, detach } = await madeVm(t)
  detach()
  await hypervisor.destroy(id, call)
  t.ok(existsSync(disk))
})

test('discard and destroy refuse a VM that runs', async (t) => {
  const { fake, hypervisor, id, disk, detach, isThere, discard } = await madeVm(t)
  detach()
  for (const state of ['running', 'paused'] as const) {
    fake.change(id, { state })
    await t.rejects(discard(), { code: 'TARGET_STATE' }, state)
    await t.rejects(hypervisor.destroy(id, call), { code: 'TARGET_STATE' }, state)
  }
  t.ok(isThere())
  t.ok(existsSync(disk))
  t.ok(fake.vms().some(({ id }) => id.toUpperCase() === FOREIGN_ID))
})

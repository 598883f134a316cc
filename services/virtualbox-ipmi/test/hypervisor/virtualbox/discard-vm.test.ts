import { existsSync } from 'node:fs'
import { test } from 'tap'
import { call, FOREIGN_ID, openBench, spec } from './virtualbox-bench.ts'

test('what a create that was cut off had made goes with its disk, attached or not, or not there at all', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const attached = await hypervisor.create(spec, call)
  const disk = fake.vm(attached.id).controllers[0]?.disks['0-0']?.path ?? ''
  await hypervisor.discard?.(attached.id, call)
  t.notOk(existsSync(disk))
  const loose = await hypervisor.create(spec, call)
  fake.change(loose.id, { controllers: [] })
  const looseDisk = disk.replace(attached.id.slice(0, 8).toLowerCase(), loose.id.slice(0, 8).toLowerCase())
  t.ok(existsSync(looseDisk))
  await hypervisor.discard?.(loose.id, call)
  t.notOk(existsSync(looseDisk))

  fake.add({ id: loose.id, name: spec.name })
  const text = `Could not find file for the medium '${looseDisk}' (VERR_FILE_NOT_FOUND)`
  fake.fault({ command: 'closemedium', kind: 'error', text, result: 'VBOX_E_FILE_ERROR' })
  await hypervisor.discard?.(loose.id, call)
  t.equal(fake.vms().length, 1)
})

test('a disk that somebody has taken out of a VM outlives the VM', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const { id } = await hypervisor.create(spec, call)
  const disk = fake.vm(id).controllers[0]?.disks['0-0']?.path ?? ''
  fake.change(id, { controllers: [] })
  await hypervisor.destroy(id, call)
  t.ok(existsSync(disk))
})

test('a VM that runs is not discarded', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { state: 'running' })
  await t.rejects(async () => await hypervisor.discard?.(FOREIGN_ID, call), { code: 'TARGET_STATE' })
  t.equal(fake.vms().length, 1)
})

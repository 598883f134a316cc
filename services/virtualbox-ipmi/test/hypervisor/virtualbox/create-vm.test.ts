import { existsSync } from 'node:fs'
import { type FakeFault, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { call, FOREIGN_ID, newSpec, openBench } from './virtualbox-bench.ts'

test('create sends the commands that the contract names', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const { id } = await hypervisor.create(newSpec(), call)
  const said = fake.calls().map(({ args }) => args.join(' ').replaceAll(id, 'ID'))
  const disk = fake.vm(id).controllers[0]?.disks['0-0']?.path ?? ''
  t.ok(existsSync(disk))
  t.same(
    said.filter((line) => !line.startsWith('showvminfo')),
    [
      'createvm --name a new one --register --uuid ID',
      'modifyvm ID --ioapic on --cpus 2 --boot1 net --boot2 disk --boot3 none --boot4 none --memory 2048 --vram 128 ' +
        '--nic1 hostonly --hostonlyadapter1 vboxnet0 --nictype1 82545EM --nic2 nat --nictype2 82545EM',
      'storagectl ID --name SATA Controller --add sata --controller IntelAHCI',
      `createmedium disk --filename ${disk} --size 20480`,
      `storageattach ID --storagectl SATA Controller --port 0 --device 0 --type hdd --medium ${disk}`,
    ],
  )
})

test('a failed create removes what it made, whichever step fails or is killed', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const before = fake.vms()
  const faults: FakeFault[] = [
    ...['createvm', 'modifyvm', 'storagectl', 'createmedium', 'storageattach'].map((command) => {
      return { command, kind: 'error' } as const
    }),
    { command: 'createvm', kind: 'killed', when: 'after' },
    { command: 'createmedium', kind: 'killed', when: 'after' },
  ]
  for (const fault of faults) {
    fake.fault(fault)
    await t.rejects(hypervisor.create(newSpec(), call), { code: 'TARGET_UNREACHABLE' }, JSON.stringify(fault))
    t.same(fake.vms(), before, 'no VM is left, and the foreign one is as it was')
  }
  t.same(
    fake.calls().filter(({ args }) => args[0] === 'unregistervm' && args[1] === FOREIGN_ID),
    [],
  )
  t.equal((await hypervisor.create(newSpec(), call)).name, newSpec().name, 'nothing is in the way')
})

test('the error of a failed create names what could not be removed', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.fault({ command: 'storagectl', kind: 'error', text: 'No controllers today' })
  fake.fault({ command: 'unregistervm', kind: 'error', text: 'No goodbye either', times: 9 })
  await t.rejects(hypervisor.create(newSpec(), call), { code: 'TARGET_UNREACHABLE', message: /controllers.*goodbye/ })
  t.equal(fake.vms().length, 2)
})

test('create leaves an existing VM of the same name or UUID alone', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const { id } = await hypervisor.create(newSpec(), call)
  const before = fake.vms()
  await t.rejects(hypervisor.create(newSpec(), call), { code: 'OBJECT_CONFLICT' })
  await t.rejects(hypervisor.create({ ...newSpec(), name: 'other', id }, call), { code: 'OBJECT_CONFLICT' })
  await t.rejects(hypervisor.create({ ...newSpec(), name: 'other', id: FOREIGN_ID }, call), { code: 'OBJECT_CONFLICT' })
  t.same(fake.vms(), before)
})

test('a failed create does not remove what somebody else made meanwhile', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const taken = 'Registered machine with UUID {...} already exists'
  fake.fault({ command: 'createvm', kind: 'error', when: 'after', text: taken, result: 'E_INVALIDARG' })
  await t.rejects(hypervisor.create(newSpec(), call), { code: 'OBJECT_CONFLICT' })
  t.equal(fake.vms().length, 2)
  fake.fault({ command: 'createmedium', kind: 'error', text: 'VERR_ALREADY_EXISTS', result: 'VBOX_E_FILE_ERROR' })
  await t.rejects(hypervisor.create({ ...newSpec(), name: 'two' }, call), { code: 'OBJECT_CONFLICT' })
  t.equal(fake.vms().length, 2, 'the VM was made by this call, the disk was not')
  t.notOk(fake.calls().some(({ args }) => args[0] === 'closemedium'))
})

test('an aborted create removes what it made', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.fault({ command: 'createmedium', kind: 'hang', when: 'after' })
  const stop = new AbortController()
  const made = t.rejects(hypervisor.create(newSpec(), { ...call, signal: stop.signal }), { code: 'DEADLINE_EXCEEDED' })
  await waitUntil('the medium', () => fake.calls().some(({ args }) => args[0] === 'createmedium'))
  stop.abort()
  await made
  t.equal(fake.vms().length, 1)
})

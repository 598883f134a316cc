import { existsSync } from 'node:fs'
import type { Call } from '@powerbus/plugin-sdk'
import {
  type FakeFault,
  type FakeVBoxManage,
  type FakeVBoxManageOptions,
  fakeVBoxManage,
  type TestScope,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'
import type { Hypervisor } from '../../../src/hypervisor/hypervisor.ts'
import { openVirtualBox } from '../../../src/hypervisor/virtualbox/virtualbox.ts'
import type { VmSpec } from '../../../src/hypervisor/vm.ts'

const call: Call = { signal: new AbortController().signal, timeoutMs: 30_000 }
const ID = '3F2B6A1E-0000-4000-8000-00000000000A'
const spec: VmSpec = { name: 'a new one', cpus: 2, memoryMb: 2048, vramMb: 128, diskMb: 20_480 }

function open(scope: TestScope, options: FakeVBoxManageOptions = {}): { fake: FakeVBoxManage; hypervisor: Hypervisor } {
  const fake = fakeVBoxManage(scope, options)
  fake.add({ id: ID, name: 'foreign "one" {x}' })
  const hypervisor = openVirtualBox({ environment: fake.environment })
  scope.teardown(() => hypervisor.close())
  return { fake, hypervisor }
}

test('a VM is made with the calls that the contract names', async (t) => {
  const { fake, hypervisor } = open(t)
  const { id } = await hypervisor.create(spec, call)
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

test('what a failed create has made is taken away again, whichever step fails or dies', async (t) => {
  const { fake, hypervisor } = open(t)
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
    await t.rejects(hypervisor.create(spec, call), { code: 'TARGET_UNREACHABLE' }, JSON.stringify(fault))
    t.same(fake.vms(), before, 'no VM is left, and the foreign one is as it was')
  }
  t.same(
    fake.calls().filter(({ args }) => args[0] === 'unregistervm' && args[1] === ID),
    [],
  )
  t.equal((await hypervisor.create(spec, call)).name, spec.name, 'nothing is in the way')
})

test('what cannot be taken away again is said', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'storagectl', kind: 'error', text: 'No controllers today' })
  fake.fault({ command: 'unregistervm', kind: 'error', text: 'No goodbye either', times: 9 })
  await t.rejects(hypervisor.create(spec, call), { code: 'TARGET_UNREACHABLE', message: /controllers.*goodbye/ })
  t.equal(fake.vms().length, 2)
})

test('a VM that has the name or the UUID already is neither changed nor destroyed', async (t) => {
  const { fake, hypervisor } = open(t)
  const { id } = await hypervisor.create(spec, call)
  const before = fake.vms()
  await t.rejects(hypervisor.create(spec, call), { code: 'OBJECT_CONFLICT' })
  await t.rejects(hypervisor.create({ ...spec, name: 'other', id }, call), { code: 'OBJECT_CONFLICT' })
  await t.rejects(hypervisor.create({ ...spec, name: 'other', id: ID }, call), { code: 'OBJECT_CONFLICT' })
  t.same(fake.vms(), before)
})

test('what somebody else makes at the same moment is not taken away', async (t) => {
  const { fake, hypervisor } = open(t)
  const taken = 'Registered machine with UUID {...} already exists'
  fake.fault({ command: 'createvm', kind: 'error', when: 'after', text: taken, result: 'E_INVALIDARG' })
  await t.rejects(hypervisor.create(spec, call), { code: 'OBJECT_CONFLICT' })
  t.equal(fake.vms().length, 2)
  fake.fault({ command: 'createmedium', kind: 'error', text: 'VERR_ALREADY_EXISTS', result: 'VBOX_E_FILE_ERROR' })
  await t.rejects(hypervisor.create({ ...spec, name: 'two' }, call), { code: 'OBJECT_CONFLICT' })
  t.equal(fake.vms().length, 2, 'the VM was made by this call, the disk was not')
  t.notOk(fake.calls().some(({ args }) => args[0] === 'closemedium'))
})

test('a create that is given up takes away what it had made', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'createmedium', kind: 'hang', when: 'after' })
  const stop = new AbortController()
  const made = t.rejects(hypervisor.create(spec, { ...call, signal: stop.signal }), { code: 'DEADLINE_EXCEEDED' })
  await waitUntil('the medium', () => fake.calls().some(({ args }) => args[0] === 'createmedium'))
  stop.abort()
  await made
  t.equal(fake.vms().length, 1)
})

test('a host without the host-only network is told how to make it', async (t) => {
  const { fake, hypervisor } = open(t, { hostOnly: [] })
  const { id } = await hypervisor.create(spec, call)
  await t.rejects(hypervisor.start(id, call), { code: 'TARGET_STATE', message: /VBoxManage hostonlyif create/ })
  t.equal((await hypervisor.get(id, call)).state, 'poweredoff')
  fake.setHostOnly(['vboxnet0'])
  await hypervisor.start(id, call)
  t.equal((await hypervisor.get(id, call)).state, 'running')
})

test('a VM that is locked for a moment is asked again; one that stays locked is busy', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { lockedUntilMs: Date.now() + 1500 })
  await hypervisor.setBootOrder(ID, ['disk'], call)
  t.same(fake.vm(ID).boot, ['disk', 'none', 'none', 'none'])
  fake.change(ID, { lockedUntilMs: Date.now() + 600_000 })
  for (const work of [
    () => hypervisor.setBootOrder(ID, ['net'], { ...call, timeoutMs: 4000 }),
    () => hypervisor.start(ID, { ...call, timeoutMs: 4000 }),
    () => hypervisor.destroy(ID, { ...call, timeoutMs: 4000 }),
  ]) {
    await t.rejects(work(), { code: 'TARGET_BUSY' })
  }
  t.equal(fake.vms().length, 1)
})

test('a destroy is done as soon as the VM is unlocked', async (t) => {
  const { fake, hypervisor } = open(t)
  const { id } = await hypervisor.create(spec, call)
  const disk = fake.vm(id).controllers[0]?.disks['0-0']?.path ?? ''
  fake.change(id, { lockedUntilMs: Date.now() + 1500 })
  await hypervisor.destroy(id, call)
  t.equal(fake.vms().length, 1)
  t.notOk(existsSync(disk))
})

test('a VM that is paused goes on, and can be powered off', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { state: 'paused' })
  t.equal((await hypervisor.get(ID, call)).state, 'paused')
  await t.rejects(hypervisor.reset(ID, call), { code: 'TARGET_STATE' })
  await hypervisor.start(ID, call)
  t.equal(fake.vm(ID).state, 'running')
  fake.change(ID, { state: 'paused' })
  await hypervisor.powerOff(ID, call)
  t.equal(fake.vm(ID).state, 'poweroff')
})

test('the memory of a saved VM is never thrown away unasked', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { state: 'saved' })
  await hypervisor.powerOff(ID, call)
  await t.rejects(hypervisor.setBootOrder(ID, ['net'], call), { code: 'TARGET_STATE', message: /discardstate/ })
  t.equal((await hypervisor.get(ID, call)).state, 'saved')
  await hypervisor.start(ID, call)
  t.equal(fake.vm(ID).state, 'running')
  t.notOk(fake.calls().some(({ args }) => args.includes('discardstate')))
})

test('a VM that was aborted is off, and starts', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { state: 'aborted' })
  t.equal((await hypervisor.get(ID, call)).state, 'aborted')
  await hypervisor.powerOff(ID, call)
  await hypervisor.setBootOrder(ID, ['disk'], call)
  await hypervisor.start(ID, call)
  t.equal(fake.vm(ID).state, 'running')
})

test('a VM that is stuck is powered off, and not started before that', async (t) => {
  const { fake, hypervisor } = open(t, { version: '6.1' })
  fake.change(ID, { state: 'gurumeditation' })
  t.equal((await hypervisor.get(ID, call)).state, 'stuck')
  await t.rejects(hypervisor.start(ID, call), { code: 'TARGET_STATE' })
  await t.rejects(hypervisor.reset(ID, call), { code: 'TARGET_STATE' })
  await hypervisor.powerOff(ID, call)
  t.equal(fake.vm(ID).state, 'poweroff')
})

for (const version of ['7.0', '7.1'] as const) {
  test(`a VM that is inaccessible is said to be, and left alone (${version})`, async (t) => {
    const { fake, hypervisor } = open(t, { version })
    fake.change(ID, { inaccessible: true })
    t.same((await hypervisor.list(call)).vms, [{ id: ID, name: '' }])
    t.match(await hypervisor.get(ID, call), { id: ID, name: '', state: 'inaccessible', macs: [] })
    const works: readonly (() => Promise<unknown>)[] = [
      () => hypervisor.start(ID, call),
      () => hypervisor.powerOff(ID, call),
      () => hypervisor.reset(ID, call),
      () => hypervisor.getExtra(ID, 'key', call),
      () => hypervisor.destroy(ID, call),
    ]
    for (const [index, work] of works.entries()) await t.rejects(work(), { code: 'TARGET_STATE' }, `call ${index}`)
    t.equal(fake.vms().length, 1)
  })
}

test('a VM that goes off or on by itself meanwhile is where it was wished', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { state: 'running' })
  fake.fault({
    command: 'controlvm poweroff',
    kind: 'error',
    text: "Machine 'x' is not currently running.",
    result: '',
    when: 'after',
  })
  await hypervisor.powerOff(ID, call)
  t.equal(fake.vm(ID).state, 'poweroff')
  fake.fault({ command: 'startvm', kind: 'error', result: 'VBOX_E_INVALID_OBJECT_STATE', when: 'after' })
  await hypervisor.start(ID, call)
  t.equal(fake.vm(ID).counts.starts, 1)
})

test('an answer that is no VM is an error, and not a VM without a state', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { state: 'teleported' })
  t.equal((await hypervisor.get(ID, call)).state, 'teleported', 'a word that is passed on as it is')
  fake.fault({ command: 'showvminfo', kind: 'zero', text: '', result: '' })
  await t.rejects(hypervisor.get(ID, call), { code: 'TARGET_UNREACHABLE' })
})

test('MACs are read in the order of the adapters, and odd ones are left out', async (t) => {
  const { fake, hypervisor } = open(t)
  const nic = (mac: string) => ({ kind: 'nat', type: '82540EM', mac })
  fake.change(ID, { nics: [nic('0800271A2B3C'), nic(''), nic('not a MAC!!!'), nic('080027FFFFFF')] })
  t.same((await hypervisor.get(ID, call)).macs, ['08:00:27:1a:2b:3c', '08:00:27:ff:ff:ff'])
})

import { existsSync } from 'node:fs'
import { test } from 'tap'
import { call, FOREIGN_ID, newSpec, openBench } from './virtualbox-bench.ts'

test('the error for a missing host-only network says how to make it', async (t) => {
  const { fake, hypervisor } = openBench(t, { hostOnly: [] })
  const { id } = await hypervisor.create(newSpec(), call)
  await t.rejects(hypervisor.start(id, call), { code: 'TARGET_STATE', message: /VBoxManage hostonlyif create/ })
  t.equal((await hypervisor.get(id, call)).state, 'poweredoff')
  fake.setHostOnly(['vboxnet0'])
  await hypervisor.start(id, call)
  t.equal((await hypervisor.get(id, call)).state, 'running')
})

test('a command to a locked VM is repeated; one that stays locked fails with TARGET_BUSY', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { lockedUntilMs: Date.now() + 1500 })
  await hypervisor.setBootOrder(FOREIGN_ID, ['disk'], call)
  t.same(fake.vm(FOREIGN_ID).boot, ['disk', 'none', 'none', 'none'])
  fake.change(FOREIGN_ID, { lockedUntilMs: Date.now() + 600_000 })
  for (const work of [
    () => hypervisor.setBootOrder(FOREIGN_ID, ['net'], { ...call, timeoutMs: 4000 }),
    () => hypervisor.start(FOREIGN_ID, { ...call, timeoutMs: 4000 }),
    () => hypervisor.destroy(FOREIGN_ID, { ...call, timeoutMs: 4000 }),
  ]) {
    await t.rejects(work(), { code: 'TARGET_BUSY' })
  }
  t.equal(fake.vms().length, 1)
})

test('destroy waits until the VM is unlocked', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const { id } = await hypervisor.create(newSpec(), call)
  const disk = fake.vm(id).controllers[0]?.disks['0-0']?.path ?? ''
  fake.change(id, { lockedUntilMs: Date.now() + 1500 })
  await hypervisor.destroy(id, call)
  t.equal(fake.vms().length, 1)
  t.notOk(existsSync(disk))
})

test('a paused VM is resumed by start, and can be powered off', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { state: 'paused' })
  t.equal((await hypervisor.get(FOREIGN_ID, call)).state, 'paused')
  await t.rejects(hypervisor.reset(FOREIGN_ID, call), { code: 'TARGET_STATE' })
  await hypervisor.start(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'running')
  fake.change(FOREIGN_ID, { state: 'paused' })
  await hypervisor.powerOff(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'poweroff')
})

test('the memory of a saved VM is never discarded', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { state: 'saved' })
  await hypervisor.powerOff(FOREIGN_ID, call)
  await t.rejects(hypervisor.setBootOrder(FOREIGN_ID, ['net'], call), { code: 'TARGET_STATE', message: /discardstate/ })
  t.equal((await hypervisor.get(FOREIGN_ID, call)).state, 'saved')
  await hypervisor.start(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'running')
  t.notOk(fake.calls().some(({ args }) => args.includes('discardstate')))
})

test('an aborted VM is off, and starts', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { state: 'aborted' })
  t.equal((await hypervisor.get(FOREIGN_ID, call)).state, 'aborted')
  await hypervisor.powerOff(FOREIGN_ID, call)
  await hypervisor.setBootOrder(FOREIGN_ID, ['disk'], call)
  await hypervisor.start(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'running')
})

test('a VM that was teleported away is off: it can be changed, started and destroyed', async (t) => {
  const { fake, hypervisor } = openBench(t, { version: '7.2' })
  fake.change(FOREIGN_ID, { state: 'teleported' })
  await hypervisor.powerOff(FOREIGN_ID, call)
  await hypervisor.setBootOrder(FOREIGN_ID, ['net'], call)
  await hypervisor.start(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'running')
  fake.change(FOREIGN_ID, { state: 'teleported' })
  await hypervisor.destroy(FOREIGN_ID, call)
  t.same(fake.vms(), [])
})

test('a VM in a state that passes is busy, unless that state leads to what is wanted', async (t) => {
  const { fake, hypervisor } = openBench(t, { version: '7.2' })
  const outcome = async (work: Promise<void>) =>
    work.then(
      () => 'done',
      (error) => error.code,
    )
  for (const [state, onStart, onPowerOff] of [
    ['starting', 'done', 'TARGET_BUSY'],
    ['stopping', 'TARGET_BUSY', 'done'],
    ['saving', 'TARGET_BUSY', 'done'],
    ['livesnapshotting', 'done', 'TARGET_BUSY'],
    ['onlinesnapshotting', 'done', 'TARGET_BUSY'],
    ['teleporting', 'TARGET_BUSY', 'TARGET_BUSY'],
    ['restoringsnapshot', 'TARGET_BUSY', 'done'],
    ['settingup', 'TARGET_BUSY', 'done'],
  ] as const) {
    fake.change(FOREIGN_ID, { state })
    t.equal(await outcome(hypervisor.start(FOREIGN_ID, call)), onStart, `start, ${state}`)
    t.equal(await outcome(hypervisor.powerOff(FOREIGN_ID, call)), onPowerOff, `powerOff, ${state}`)
    t.equal(fake.vm(FOREIGN_ID).state, state)
  }
})

test('a stuck VM can be powered off, and starts only after that', async (t) => {
  const { fake, hypervisor } = openBench(t, { version: '6.1' })
  fake.change(FOREIGN_ID, { state: 'gurumeditation' })
  t.equal((await hypervisor.get(FOREIGN_ID, call)).state, 'stuck')
  await t.rejects(hypervisor.start(FOREIGN_ID, call), { code: 'TARGET_STATE' })
  await t.rejects(hypervisor.reset(FOREIGN_ID, call), { code: 'TARGET_STATE' })
  await hypervisor.powerOff(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'poweroff')
})

for (const version of ['7.0', '7.1'] as const) {
  test(`a VM that is inaccessible is said to be, and left alone (${version})`, async (t) => {
    const { fake, hypervisor } = openBench(t, { version })
    fake.change(FOREIGN_ID, { inaccessible: true })
    t.same((await hypervisor.list(call)).vms, [{ id: FOREIGN_ID, name: '' }])
    t.match(await hypervisor.get(FOREIGN_ID, call), {
      id: FOREIGN_ID,
      name: '',
      state: 'inaccessible',
      macs: { length: 0 },
    })
    const works: readonly (() => Promise<unknown>)[] = [
      () => hypervisor.start(FOREIGN_ID, call),
      () => hypervisor.powerOff(FOREIGN_ID, call),
      () => hypervisor.reset(FOREIGN_ID, call),
      () => hypervisor.getExtra(FOREIGN_ID, 'key', call),
      () => hypervisor.destroy(FOREIGN_ID, call),
    ]
    for (const [index, work] of works.entries()) await t.rejects(work(), { code: 'TARGET_STATE' }, `call ${index}`)
    t.equal(fake.vms().length, 1)
  })
}

test('start and powerOff succeed when the VM gets there by itself', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { state: 'running' })
  fake.fault({
    command: 'controlvm poweroff',
    kind: 'error',
    text: "Machine 'x' is not currently running.",
    result: '',
    when: 'after',
  })
  await hypervisor.powerOff(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).state, 'poweroff')
  fake.fault({ command: 'startvm', kind: 'error', result: 'VBOX_E_INVALID_OBJECT_STATE', when: 'after' })
  await hypervisor.start(FOREIGN_ID, call)
  t.equal(fake.vm(FOREIGN_ID).counts.starts, 1)
})

test('an answer that is not a VM is an error', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.change(FOREIGN_ID, { state: 'teleported' })
  t.equal((await hypervisor.get(FOREIGN_ID, call)).state, 'teleported', 'a word that is passed on as it is')
  fake.fault({ command: 'showvminfo', kind: 'zero', text: '', result: '' })
  await t.rejects(hypervisor.get(FOREIGN_ID, call), { code: 'TARGET_UNREACHABLE' })
})

test('MACs are read in the order of the adapters, invalid ones left out', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const nic = (mac: string) => ({ kind: 'nat', type: '82540EM', mac })
  fake.change(FOREIGN_ID, { nics: [nic('0800271A2B3C'), nic(''), nic('not a MAC!!!'), nic('080027FFFFFF')] })
  t.same((await hypervisor.get(FOREIGN_ID, call)).macs, ['08:00:27:1a:2b:3c', '08:00:27:ff:ff:ff'])
})

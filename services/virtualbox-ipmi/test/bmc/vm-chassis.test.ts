import { EventEmitter, once } from 'node:events'
import { Secret } from '@powerbus/plugin-sdk'
import { freeUdpPort, runIpmiTool, type TestScope, waitUntil } from '@powerbus/testkit'
import { BootDevice, noBootFlags } from 'node-ipmi/bmc'
import { test } from 'tap'
import { BmcRack } from '../../src/bmc/bmc-rack.ts'
import { VmChassis } from '../../src/bmc/vm-chassis.ts'
import { asSet } from '../../src/vm/boot-changes.ts'
import { call, openTimedBench, turnsOf } from '../vm-bench.ts'

const pxe = { ...noBootFlags, valid: true, device: BootDevice.pxe }
const disk = ['disk', 'net', 'none', 'none'] as const

/** A VM that boots from its disk, and its chassis, on a virtual clock. */
async function chassisBench(t: TestScope) {
  const { hypervisor, power, clock, run } = await openTimedBench(t)
  const vm = power()
  const { id } = hypervisor.add({ name: 'a' })
  hypervisor.set(id, { bootOrder: [...disk] })
  let failures = 0
  const end = new AbortController()
  t.teardown(() => end.abort())
  const options = { power: vm, vm: hypervisor.vm(id), signal: end.signal, onFailure: () => void failures++ }
  const chassis = new VmChassis(options, undefined)
  return {
    hypervisor,
    vm,
    id,
    chassis,
    failures: () => failures,
    clock,
    run,
    advance: (ms: number) => clock.jump(ms),
    choice: () => vm.boot.choice(hypervisor.vm(id), call()),
    starts: () => hypervisor.done.filter((line) => line.startsWith('start')),
    hasOwnOrder: () => hypervisor.vm(id).bootOrder.join() === disk.join(),
  }
}

test('unused boot flags expire without a console, and a later start ignores them', async (t) => {
  for (const flags of [pxe, { ...pxe, persistent: true }]) {
    const { chassis, vm, id, advance, hasOwnOrder, starts, choice, run, clock } = await chassisBench(t)
    chassis.bootFlagsChanged(flags, 60_000)
    await run(turnsOf(vm).idle())
    advance(50_000)
    t.match(await choice(), { override: { device: 'pxe' }, forMs: 10_000 })
    t.notOk(hasOwnOrder())
    advance(10_000)
    await clock.until(hasOwnOrder)
    await run(vm.on(id, call()))
    t.same(starts(), ['start a disk'])
  }
})

test('a start at the moment when boot flags expire does not boot by them', async (t) => {
  const { chassis, vm, id, advance, starts, run } = await chassisBench(t)
  chassis.bootFlagsChanged(pxe, 60_000)
  await run(turnsOf(vm).idle())
  advance(60_000)
  await run(vm.on(id, call()))
  t.same(starts(), ['start a disk'])
})

test('a command that was accepted before boot flags expire boots by them, even if it waits', async (t) => {
  const { chassis, vm, id, advance, starts, hypervisor, run } = await chassisBench(t)
  const gate = new EventEmitter()
  chassis.bootFlagsChanged(pxe, 60_000)
  const held = turnsOf(vm).run(id, async () => await once(gate, 'open'))
  await waitUntil('the turn to be taken', () => gate.listenerCount('open') > 0)
  chassis.control('powerUp')
  chassis.bootFlagsChanged(undefined, undefined)
  advance(70_000)
  gate.emit('open')
  await held
  await run(turnsOf(vm).idle())
  t.same(starts(), ['start a net'])
  await run(vm.cycle(id, 'x', call()))
  t.same(starts(), ['start a net', 'start a disk'])
  t.equal(hypervisor.vm(id).state, 'running')
})

test('a power command that boots nothing gives boot flags another minute', async (t) => {
  const { chassis, vm, id, advance, starts, failures, run } = await chassisBench(t)
  chassis.bootFlagsChanged(pxe, 60_000)
  advance(50_000)
  chassis.control('powerDown')
  chassis.bootFlagsKept(60_000)
  await run(turnsOf(vm).idle())
  advance(50_000)
  await run(vm.on(id, call()))
  t.same(starts(), ['start a net'])
  t.equal(failures(), 0)
})

test('persistent boot flags that have booted never expire, even if the BMC did not say so before a kill', async (t) => {
  for (const isTold of [true, false]) {
    const { chassis, vm, id, advance, starts, choice, run } = await chassisBench(t)
    chassis.bootFlagsChanged({ ...pxe, persistent: true }, 60_000)
    chassis.control('powerUp')
    if (isTold) chassis.bootFlagsKept(undefined)
    chassis.control('powerDown')
    await run(turnsOf(vm).idle())
    advance(3_600_000)
    await run(vm.on(id, call()))
    t.same(starts(), ['start a net', 'start a net'])
    const { forMs, persistent } = await choice()
    t.same({ forMs, persistent }, { forMs: undefined, persistent: true })
  }
})

test('boot flags that expire do not clear what an action has set since', async (t) => {
  const { chassis, vm, id, advance, choice, run } = await chassisBench(t)
  chassis.bootFlagsChanged(pxe, 60_000)
  await vm.changeBoot(id, asSet({ device: 'cdrom', efi: false }, false), call())
  advance(61_000)
  chassis.bootFlagsChanged(undefined, undefined)
  await run(turnsOf(vm).idle())
  t.match(await choice(), { override: { device: 'cdrom' } })
})

test('a BMC that starts again continues the time of boot flags', async (t) => {
  const { vm, id, hypervisor } = await chassisBench(t)
  const settings = { address: '127.0.0.1', basePort: await freeUdpPort(), spread: 'port' as const, username: 'admin' }
  const rack = new BmcRack(vm, { ...settings, password: new Secret('pw') })
  t.teardown(() => rack.close())
  await vm.changeBoot(id, asSet({ device: 'pxe', efi: false, endsAtMs: vm.context.clock.dateMs() + 1 }, false), call())
  const place = await rack.start(hypervisor.vm(id), call())
  const target = { ...place, username: 'admin', password: 'pw', cipherSuite: 17 as const }
  const { stdout } = await runIpmiTool(target, ['chassis', 'bootparam', 'get', '5'])
  t.match(stdout, /Boot Flag Invalid/)
})

import { EventEmitter, once } from 'node:events'
import { Secret } from '@powerbus/plugin-sdk'
import { freeUdpPort, runIpmiTool, type TestScope, waitUntil } from '@powerbus/testkit'
import { BootDevice, noBootFlags } from 'node-ipmi/bmc'
import { test } from 'tap'
import { BmcRack } from '../../src/bmc/bmc-rack.ts'
import { VmChassis } from '../../src/bmc/vm-chassis.ts'
import { asSet } from '../../src/vm/boot-changes.ts'
import { call, openVmBench, silent, turnsOf } from '../vm-bench.ts'

const pxe = { ...noBootFlags, valid: true, device: BootDevice.pxe }
const disk = ['disk', 'net', 'none', 'none'] as const

/** A VM that boots from its disk, with a BMC's view of it, and a clock that stands still. */
async function chassisBench(t: TestScope) {
  const { hypervisor, power, state } = await openVmBench(t)
  let nowMs = Date.now()
  const vm = power(undefined, { dateMs: () => nowMs, lookMs: 20 })
  const { id } = hypervisor.add({ name: 'a' })
  hypervisor.set(id, { bootOrder: [...disk] })
  const failures: string[] = []
  const end = new AbortController()
  t.teardown(() => end.abort())
  const options = { power: vm, id, signal: end.signal, onFailure: (what: string) => failures.push(what) }
  const chassis = new VmChassis({ ...options, onUnable: () => undefined }, undefined)
  return {
    hypervisor,
    state,
    vm,
    id,
    chassis,
    failures,
    advance(ms: number) {
      nowMs += ms
    },
    choice: () => vm.boot.choice(hypervisor.vm(id), call()),
    starts: () => hypervisor.done.filter((line) => line.startsWith('start')),
    hasOwnOrder: () => hypervisor.vm(id).bootOrder.join() === disk.join(),
  }
}

test('flags that were not used in time are gone where no console asks, whoever starts the VM then', async (t) => {
  for (const flags of [pxe, { ...pxe, persistent: true }]) {
    const { chassis, vm, id, advance, hasOwnOrder, starts, choice } = await chassisBench(t)
    chassis.bootFlagsChanged(flags, 60_000)
    await turnsOf(vm).idle()
    advance(50_000)
    t.match(await choice(), { override: { device: 'pxe' }, forMs: 10_000 })
    t.notOk(hasOwnOrder())
    advance(10_000)
    await waitUntil('its own order', hasOwnOrder)
    await vm.on(id, call())
    t.same(starts(), ['start a disk'])
  }
})

test('a start in the very moment in which flags have run out does not boot by them', async (t) => {
  const { chassis, vm, id, advance, starts } = await chassisBench(t)
  chassis.bootFlagsChanged(pxe, 60_000)
  await turnsOf(vm).idle()
  advance(60_000)
  await vm.on(id, call())
  t.same(starts(), ['start a disk'])
})

test('a command that was accepted in time boots by the flags, whatever it has to wait for', async (t) => {
  const { chassis, vm, id, advance, starts, hypervisor } = await chassisBench(t)
  const gate = new EventEmitter()
  chassis.bootFlagsChanged(pxe, 60_000)
  const held = turnsOf(vm).run(id, async () => await once(gate, 'open'))
  await waitUntil('the turn to be taken', () => gate.listenerCount('open') > 0)
  chassis.control('powerUp')
  chassis.bootFlagsChanged(undefined, undefined)
  advance(70_000)
  gate.emit('open')
  await held
  await turnsOf(vm).idle()
  t.same(starts(), ['start a net'])
  await vm.cycle(id, 'x', call())
  t.same(starts(), ['start a net', 'start a disk'])
  t.equal(hypervisor.vm(id).state, 'running')
})

test('a command about power that boots nothing gives flags another minute', async (t) => {
  const { chassis, vm, id, advance, starts, failures } = await chassisBench(t)
  chassis.bootFlagsChanged(pxe, 60_000)
  advance(50_000)
  chassis.control('powerDown')
  chassis.bootFlagsKept(60_000)
  await turnsOf(vm).idle()
  advance(50_000)
  await vm.on(id, call())
  t.same(starts(), ['start a net'])
  t.same(failures, [])
})

test('persistent flags that have booted stay, off or on, however long, also where the process ended before their BMC could say so', async (t) => {
  for (const isTold of [true, false]) {
    const { chassis, vm, id, advance, starts, choice } = await chassisBench(t)
    chassis.bootFlagsChanged({ ...pxe, persistent: true }, 60_000)
    chassis.control('powerUp')
    if (isTold) chassis.bootFlagsKept(undefined)
    chassis.control('powerDown')
    await turnsOf(vm).idle()
    advance(3_600_000)
    await vm.on(id, call())
    t.same(starts(), ['start a net', 'start a net'])
    const { forMs, persistent } = await choice()
    t.same({ forMs, persistent }, { forMs: undefined, persistent: true })
  }
})

test('what an action has set since is not taken back by flags that run out', async (t) => {
  const { chassis, vm, id, advance, choice } = await chassisBench(t)
  chassis.bootFlagsChanged(pxe, 60_000)
  await vm.changeBoot(id, asSet({ device: 'cdrom', efi: false }, false), call())
  advance(61_000)
  chassis.bootFlagsChanged(undefined, undefined)
  await turnsOf(vm).idle()
  t.match(await choice(), { override: { device: 'cdrom' } })
})

test('a BMC that begins anew goes on with the time of flags from before', async (t) => {
  const { vm, id, state, hypervisor } = await chassisBench(t)
  const settings = { address: '127.0.0.1', basePort: await freeUdpPort(), spread: 'port' as const, username: 'admin' }
  const rack = new BmcRack({ settings: { ...settings, password: new Secret('pw') }, power: vm, state, log: silent })
  t.teardown(() => rack.close())
  await vm.changeBoot(id, asSet({ device: 'pxe', efi: false, endsAtMs: vm.dateMs() + 1 }, false), call())
  const place = await rack.start(hypervisor.vm(id), call())
  const target = { ...place, username: 'admin', password: 'pw', cipherSuite: 17 as const }
  const { stdout } = await runIpmiTool(target, ['chassis', 'bootparam', 'get', '5'])
  t.match(stdout, /Boot Flag Invalid/)
})

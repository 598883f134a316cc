import { EventEmitter, once } from 'node:events'
import { bootVerbs } from '@powerbus/plugin-sdk'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { asCleared } from '../../src/vm/boot-changes.ts'
import { vmDriver } from '../../src/vm/power-driver.ts'
import type { VmPowerOptions } from '../../src/vm/vm-power.ts'
import { call, engine, openVmBench, powerContext, turnsOf } from '../vm-bench.ts'

async function bootBench(
  t: Parameters<typeof openVmBench>[0],
  state = 'poweredoff',
  options: Partial<VmPowerOptions> = {},
) {
  const bench = await openVmBench(t)
  const { hypervisor } = bench
  const { id } = hypervisor.add({ name: 'a' }, state)
  hypervisor.set(id, { bootOrder: ['disk', 'net', 'none', 'none'] })
  const power = bench.power(undefined, options)
  const set = (verb: keyof typeof bootVerbs) => {
    const { device, persistent } = bootVerbs[verb]
    return engine.setBoot({ device, persistent, efi: false }, vmDriver(power, id), powerContext(verb))
  }
  const choice = async () => await power.boot.choice(hypervisor.vm(id), call())
  return { ...bench, id, vm: power, set, choice, order: () => hypervisor.vm(id).bootOrder.join(' ') }
}

test('a one-time boot changes the order of a VM that is off, and is gone after that boot', async (t) => {
  const { vm, id, set, order, hypervisor, choice } = await bootBench(t)
  t.match(await set('nextbootpxe'), { BootDevice: 'pxe', Persistent: false, Verified: true })
  t.equal(order(), 'net disk none none')
  await vm.on(id, call())
  t.match(await choice(), { override: undefined })
  await vm.off(id, call())
  t.equal(order(), 'disk net none none', 'set back as soon as it can be')
  await vm.on(id, call())
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a disk'],
  )
  t.equal(hypervisor.extras.size, 0, 'nothing is left with the VM')
})

test('for a VM that is on it waits until the VM is off, and a reset does not bring it', async (t) => {
  const { vm, id, set, order, hypervisor, choice } = await bootBench(t, 'running')
  t.match(await set('nextbootcd'), { BootDevice: 'cdrom', Verified: true })
  t.match(await choice(), { pending: true, override: { device: 'cdrom' } })
  await vm.reset(id, 'x', call())
  t.match(await choice(), { pending: true })
  t.equal(order(), 'disk net none none')
  await vm.cycle(id, 'y', call())
  t.ok(hypervisor.done.includes('start a dvd'))
  await vm.off(id, call())
  t.equal(order(), 'disk net none none')
})

test('the same one-time boot set again while the VM runs with it counts again', async (t) => {
  const { vm, id, set, choice, hypervisor } = await bootBench(t)
  await set('nextbootpxe')
  await vm.on(id, call())
  t.match(await set('nextbootpxe'), { BootDevice: 'pxe', Verified: true })
  t.match(await choice(), { override: { device: 'pxe' } })
  await vm.cycle(id, 'x', call())
  await vm.cycle(id, 'y', call())
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a net', 'start a disk'],
  )
})

test('a persistent boot device stays, and a one-time one goes before it once', async (t) => {
  const { vm, id, set, order, hypervisor, choice } = await bootBench(t)
  t.match(await set('forcebootpxe'), { BootDevice: 'pxe', Persistent: true, Verified: true })
  await vm.on(id, call())
  await vm.cycle(id, 'x', call())
  t.match(await set('nextbootdisk'), { BootDevice: 'disk', Persistent: false, Verified: true })
  await vm.cycle(id, 'y', call())
  await vm.cycle(id, 'z', call())
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a net', 'start a disk', 'start a net'],
  )
  t.match(await choice(), { persistent: true, override: { device: 'pxe' } })
  await vm.changeBoot(id, asCleared('all'), call())
  await vm.off(id, call())
  await vm.on(id, call())
  await vm.off(id, call())
  t.equal(order(), 'disk net none none', 'the VM has its own order again')
})

test('a process that is killed after the start, before it wrote that down, does not boot so twice', async (t) => {
  const { vm, id, set, hypervisor, power, order } = await bootBench(t)
  await set('nextbootpxe')
  // Started, and nothing more.
  await hypervisor.start(id)
  await new Promise((resolve) => setTimeout(resolve, 60))
  const next = power()
  await next.cycle(id, 'x', call())
  await next.off(id, call())
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a disk'],
  )
  t.equal(order(), 'disk net none none')
  t.ok(vm)
})

test('what came along with a clone is about another VM', async (t) => {
  const { id, set, hypervisor, power } = await bootBench(t)
  await set('forcebootpxe')
  const clone = hypervisor.add({ name: 'clone' })
  for (const [key, value] of [...hypervisor.extras]) hypervisor.extras.set(key.replace(id, clone.id), value)
  t.match(await power().boot.choice(clone, call()), { override: undefined })
})

test('a VM that its guest shuts down has its own order again when it is off, whoever asked for that', async (t) => {
  const { vm, id, set, order, hypervisor } = await bootBench(t, 'poweredoff', { lookMs: 20 })
  const isBack = () =>
    waitUntil('its own order', () => order() === 'disk net none none' && hypervisor.extras.size === 0)
  const shutDowns = {
    action: () => engine.power('powershutdown', vmDriver(vm, id), powerContext('powershutdown')),
    console: () => vm.soft(id, call()),
    guest: async () => hypervisor.set(id, { state: 'poweredoff' }),
  }
  for (const [name, shutDown] of Object.entries(shutDowns)) {
    await set('nextbootpxe')
    await vm.on(id, call())
    t.equal(order(), 'net disk none none', name)
    await shutDown()
    await isBack()
  }
})

test('after a shutdown nobody waits a minute for its own order', async (t) => {
  const { vm, id, set, order, hypervisor } = await bootBench(t)
  const shutDowns = {
    action: () => engine.power('powershutdown', vmDriver(vm, id), powerContext('powershutdown')),
    console: () => vm.soft(id, call()),
  }
  for (const [name, shutDown] of Object.entries(shutDowns)) {
    await set('nextbootpxe')
    await vm.on(id, call())
    await shutDown()
    await waitUntil(`its own order: ${name}`, () => order() === 'disk net none none')
  }
  await turnsOf(vm).idle()
  t.equal(hypervisor.extras.size, 0)
})

test('a VM that is seen off again and again, while something else has its turn, is looked at once', async (t) => {
  const { vm, id, set, hypervisor, order } = await bootBench(t)
  await set('nextbootpxe')
  await vm.on(id, call())
  const gate = new EventEmitter()
  const held = turnsOf(vm).run(id, async () => await once(gate, 'open'))
  await waitUntil('the turn to be taken', () => gate.listenerCount('open') > 0)
  hypervisor.set(id, { state: 'poweredoff' })
  for (let poll = 0; poll < 10; poll++) await vm.get(id, call())
  let reads = 0
  hypervisor.before = (method) => {
    if (method === 'getExtra') reads++
  }
  gate.emit('open')
  await held
  await waitUntil('its own order', () => order() === 'disk net none none')
  await turnsOf(vm).idle()
  t.equal(reads, 1)
})

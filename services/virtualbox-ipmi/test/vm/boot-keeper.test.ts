import { EventEmitter, once } from 'node:events'
import { bootVerbs } from '@powerbus/plugin-sdk'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { asCleared } from '../../src/vm/boot-changes.ts'
import { vmDriver } from '../../src/vm/power-driver.ts'
import { call, openTimedBench, powerContext, turnsOf } from '../vm-bench.ts'

async function bootBench(t: TestScope, state = 'poweredoff') {
  const bench = await openTimedBench(t)
  const { hypervisor, engine, run } = bench
  const { id } = hypervisor.add({ name: 'a' }, state)
  hypervisor.set(id, { bootOrder: ['disk', 'net', 'none', 'none'] })
  const power = bench.power()
  const set = (verb: keyof typeof bootVerbs) => {
    const { device, persistent } = bootVerbs[verb]
    return run(engine.setBoot({ device, persistent, efi: false }, vmDriver(power, id), powerContext(verb)))
  }
  const choice = async () => await power.boot.choice(hypervisor.vm(id), call())
  return { ...bench, id, vm: power, set, choice, order: () => hypervisor.vm(id).bootOrder.join(' ') }
}

test('a one-time boot device changes the order of a VM that is off, for one boot', async (t) => {
  const { vm, id, set, order, hypervisor, choice, run } = await bootBench(t)
  t.match(await set('nextbootpxe'), { BootDevice: 'pxe', Persistent: false, Verified: true })
  t.equal(order(), 'net disk none none')
  await run(vm.on(id, call()))
  t.match(await choice(), { override: undefined })
  await run(vm.off(id, call()))
  t.equal(order(), 'disk net none none', 'set back as soon as it can be')
  await run(vm.on(id, call()))
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a disk'],
  )
  t.equal(hypervisor.extras.size, 0, 'nothing is left with the VM')
})

test('what anybody else wrote into the record of a VM is no override', async (t) => {
  const { id, set, hypervisor, choice } = await bootBench(t)
  await set('forcebootpxe')
  const [[key = '', written = ''] = []] = hypervisor.extras
  const good = JSON.parse(written)
  const wrong = [
    { ...good, persistent: { ...good.persistent, device: 'floppy' } },
    { ...good, persistent: 'pxe' },
    { ...good, persistent: undefined, once: { device: ['pxe'] } },
    { ...good, base: 'net' },
    null,
    [good],
  ]
  for (const record of wrong) {
    hypervisor.extras.set(key, JSON.stringify(record))
    t.match(await choice(), { override: undefined, persistent: false }, JSON.stringify(record))
  }
  hypervisor.extras.set(key, '{')
  t.match(await choice(), { override: undefined, pending: false })
  hypervisor.extras.set(
    key,
    JSON.stringify({ ...good, base: [1, ...good.base], persistent: { device: 'pxe', efi: 'x' } }),
  )
  t.match(await choice(), { override: { device: 'pxe', efi: false } }, id)
})

test('a boot device for a VM that is on waits for a cycle; a reset does not apply it', async (t) => {
  const { vm, id, set, order, hypervisor, choice, run } = await bootBench(t, 'running')
  t.match(await set('nextbootcd'), { BootDevice: 'cdrom', Verified: true })
  t.match(await choice(), { pending: true, override: { device: 'cdrom' } })
  await run(vm.reset(id, 'x', call()))
  t.match(await choice(), { pending: true })
  t.equal(order(), 'disk net none none')
  await run(vm.cycle(id, 'y', call()))
  t.ok(hypervisor.done.includes('start a dvd'))
  await run(vm.off(id, call()))
  t.equal(order(), 'disk net none none')
})

test('a one-time boot device that is set again while the VM runs with it holds for one more boot', async (t) => {
  const { vm, id, set, choice, hypervisor, run } = await bootBench(t)
  await set('nextbootpxe')
  await run(vm.on(id, call()))
  t.match(await set('nextbootpxe'), { BootDevice: 'pxe', Verified: true })
  t.match(await choice(), { override: { device: 'pxe' } })
  await run(vm.cycle(id, 'x', call()))
  await run(vm.cycle(id, 'y', call()))
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a net', 'start a disk'],
  )
})

test('a one-time boot device goes before the persistent one for one boot', async (t) => {
  const { vm, id, set, order, hypervisor, choice, run } = await bootBench(t)
  t.match(await set('forcebootpxe'), { BootDevice: 'pxe', Persistent: true, Verified: true })
  await run(vm.on(id, call()))
  await run(vm.cycle(id, 'x', call()))
  t.match(await set('nextbootdisk'), { BootDevice: 'disk', Persistent: false, Verified: true })
  await run(vm.cycle(id, 'y', call()))
  await run(vm.cycle(id, 'z', call()))
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a net', 'start a disk', 'start a net'],
  )
  t.match(await choice(), { persistent: true, override: { device: 'pxe' } })
  await run(vm.changeBoot(id, asCleared('all'), call()))
  await run(vm.off(id, call()))
  await run(vm.on(id, call()))
  await run(vm.off(id, call()))
  t.equal(order(), 'disk net none none', 'the VM has its own order again')
})

test('a one-time boot device is not used twice when the process is killed before it records the start', async (t) => {
  const { vm, id, set, hypervisor, power, order, run, clock } = await bootBench(t)
  await set('nextbootpxe')
  // Started, and nothing more.
  await hypervisor.start(id)
  await clock.pass(60)
  const next = power()
  await run(next.cycle(id, 'x', call()))
  await run(next.off(id, call()))
  t.same(
    hypervisor.done.filter((line) => line.startsWith('start')),
    ['start a net', 'start a disk'],
  )
  t.equal(order(), 'disk net none none')
  t.ok(vm)
})

test('a boot record that a clone carries does not hold for the clone', async (t) => {
  const { id, set, hypervisor, power } = await bootBench(t)
  await set('forcebootpxe')
  const clone = hypervisor.add({ name: 'clone' })
  for (const [key, value] of [...hypervisor.extras]) hypervisor.extras.set(key.replace(id, clone.id), value)
  t.match(await power().boot.choice(clone, call()), { override: undefined })
})

test('the own boot order is restored after a shutdown by an action, a console or the guest', async (t) => {
  const { vm, id, set, order, hypervisor, run, clock, engine } = await bootBench(t)
  const isBack = () => clock.until(() => order() === 'disk net none none' && hypervisor.extras.size === 0)
  const shutDowns = {
    action: () => engine.power('powershutdown', vmDriver(vm, id), powerContext('powershutdown')),
    console: () => vm.soft(id, call()),
    guest: async () => hypervisor.set(id, { state: 'poweredoff' }),
  }
  for (const [name, shutDown] of Object.entries(shutDowns)) {
    await set('nextbootpxe')
    await run(vm.on(id, call()))
    t.equal(order(), 'net disk none none', name)
    await run<unknown>(shutDown())
    await isBack()
  }
})

test("after powershutdown and a console's soft shutdown the own boot order is back in 30 s", async (t) => {
  const { vm, id, set, order, hypervisor, run, clock, engine } = await bootBench(t)
  const shutDowns = {
    action: () => engine.power('powershutdown', vmDriver(vm, id), powerContext('powershutdown')),
    console: () => vm.soft(id, call()),
  }
  for (const shutDown of Object.values(shutDowns)) {
    await set('nextbootpxe')
    await run(vm.on(id, call()))
    await run<unknown>(shutDown())
    await clock.until(() => order() === 'disk net none none', 30_000)
  }
  await run(turnsOf(vm).idle())
  t.equal(hypervisor.extras.size, 0)
})

test('a VM that is seen off many times while it is busy is looked at once', async (t) => {
  const { vm, id, set, hypervisor, order, run, clock } = await bootBench(t)
  await set('nextbootpxe')
  await run(vm.on(id, call()))
  const gate = new EventEmitter()
  const held = turnsOf(vm).run(id, async () => await once(gate, 'open'))
  await waitUntil('the turn to be taken', () => gate.listenerCount('open') > 0)
  hypervisor.set(id, { state: 'poweredoff' })
  for (let poll = 0; poll < 10; poll++) await run(vm.get(id, call()))
  let reads = 0
  hypervisor.before = (method) => {
    if (method === 'getExtra') reads++
  }
  gate.emit('open')
  await held
  await clock.until(() => order() === 'disk net none none')
  await run(turnsOf(vm).idle())
  t.equal(reads, 1)
})

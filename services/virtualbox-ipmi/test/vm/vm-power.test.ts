import { EventEmitter, once } from 'node:events'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { asSet } from '../../src/vm/boot-changes.ts'
import { vmDriver } from '../../src/vm/power-driver.ts'
import { call, engine, openVmBench, powerContext, turnsOf } from '../vm-bench.ts'

test('on, off and cycle are verified, and nothing is done to a VM that is there already', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const { id } = hypervisor.add({ name: 'a' })
  const vm = power()
  const run = (verb: Parameters<typeof engine.power>[0]) => engine.power(verb, vmDriver(vm, id), powerContext(verb))
  t.match(await run('poweroff'), { Power: 'off', Changed: false, Attempts: 0 })
  t.match(await run('poweron'), { Power: 'on', Changed: true, Verified: true })
  t.match(await run('poweron'), { Power: 'on', Changed: false })
  t.match(await run('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.match(await run('powerreset'), { Power: 'on', Changed: true })
  t.match(await run('powershutdown'), { Power: 'off', Verified: true })
  t.match(await run('powercycle'), { Power: 'on', Changed: true })
  await t.rejects(engine.power('powerdiag', vmDriver(vm, id), powerContext('powerdiag')), {
    code: 'CAPABILITY_UNSUPPORTED',
  })
  t.same(hypervisor.done, ['start a net', 'off a', 'start a net', 'reset a', 'acpi a', 'start a net'])
})

test('a VM that is locked, stuck, paused, saved, aborted or unreadable', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const vm = power()
  const run = (verb: Parameters<typeof engine.power>[0], id: string, params = {}) =>
    engine.power(verb, vmDriver(vm, id), powerContext(verb, params))
  for (const [state, expected] of [
    ['paused', 'on'],
    ['stuck', 'on'],
    ['saved', 'off'],
    ['aborted', 'off'],
  ] as const) {
    const { id } = hypervisor.add({ name: state }, state)
    t.match(await run('powerstatus', id), { Power: expected }, state)
    const [other, power] = expected === 'on' ? (['poweroff', 'off'] as const) : (['poweron', 'on'] as const)
    t.match(await run(other, id), { Power: power, Changed: true }, state)
  }
  const gone = hypervisor.add({ name: 'inaccessible' }, 'inaccessible')
  await t.rejects(run('poweron', gone.id), { code: 'TARGET_STATE' })
  const locked = hypervisor.add({ name: 'locked' })
  hypervisor.failures.push({ method: 'start', code: 'TARGET_BUSY', times: 2 })
  t.match(await run('poweron', locked.id), { Power: 'on', Verified: true }, 'asked again until it is free')
  hypervisor.failures.push({ method: 'powerOff', code: 'TARGET_BUSY', times: 2 })
  t.match(await run('powercycle', locked.id), { Power: 'on', Verified: true }, 'nothing was done while it was locked')
  t.same(
    hypervisor.done.filter((line) => line.includes('locked')),
    ['start locked net', 'off locked', 'start locked net'],
  )
  await t.rejects(run('poweron', '00000000-0000-4000-8000-000000000000'), { code: 'OBJECT_UNKNOWN' })
})

test('a start that fails in a cycle is told, and not tried again for ever', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  hypervisor.failures.push({ method: 'start', code: 'TARGET_UNREACHABLE', times: 1 })
  const vm = power()
  await t.rejects(engine.power('powercycle', vmDriver(vm, id), powerContext('powercycle')), {
    code: 'TARGET_UNREACHABLE',
  })
  await power().recover()
  t.same(hypervisor.done, ['off a'], 'whoever asked knows that it is off')
})

test('a cycle that was cut off between off and on is finished by the next process, once', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  let killed = false
  hypervisor.before = async (method) => {
    // The process is gone: it comes to nothing after the VM was switched off.
    if (method === 'start' && !killed) {
      killed = true
      await new Promise(() => undefined)
    }
  }
  power()
    .cycle(id, 'token-1', call())
    .catch(() => undefined)
  await waitUntil('the VM to be off', () => killed)
  const next = power()
  await next.recover()
  await waitUntil('the VM to be on', () => hypervisor.vm(id).state === 'running')
  t.equal(await next.outcomeOf('token-1', call()), 'done')
  await next.recover()
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('who asks for the outcome of a cycle that was cut off has it finished; of one that never began, it is unknown', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  hypervisor.before = async (method) => {
    if (method === 'start' && !hypervisor.done.includes('off a again')) await new Promise(() => undefined)
  }
  power()
    .cycle(id, 'token-2', call())
    .catch(() => undefined)
  await waitUntil('the VM to be off', () => hypervisor.vm(id).state === 'poweredoff')
  hypervisor.before = () => undefined
  const next = power()
  t.equal(await next.outcomeOf('token-2', call()), 'done')
  t.equal(await next.outcomeOf('token-3', call()), 'unknown')
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('a cycle whose caller gives up before its turn is not done', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  const vm = power()
  const gate = new EventEmitter()
  const held = turnsOf(vm).run(id, async () => await once(gate, 'open'))
  const given = new AbortController()
  const cycled = vm.cycle(id, 'token-4', { signal: given.signal, timeoutMs: 5000 })
  given.abort()
  await t.rejects(cycled, { code: 'TARGET_BUSY' })
  await waitUntil('the turn to be taken', () => gate.listenerCount('open') > 0)
  gate.emit('open')
  await held
  await turnsOf(vm).idle()
  t.same(hypervisor.done, [])
})

test('what is asked of one VM at once is done one after the other', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const { id } = hypervisor.add({ name: 'a' })
  const vm = power()
  await Promise.all([vm.on(id, call()), vm.off(id, call()), vm.on(id, call()), vm.reset(id, 'x', call())])
  t.same(hypervisor.done, ['start a net', 'off a', 'start a net', 'reset a'])
  await t.rejects(vm.reset(hypervisor.add({ name: 'b' }).id, 'y', call()), PowerbusError)
})

test('what does not get its turn in time is told that the VM is busy, and is not done later', async (t) => {
  const { hypervisor, power } = await openVmBench(t)
  const vm = power()
  const gate = new EventEmitter()
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  const other = hypervisor.add({ name: 'b' })
  const held = [id, other.id].map((each) => turnsOf(vm).run(each, async () => await once(gate, 'open')))
  const soon = call(30)
  const asked = {
    on: vm.on(other.id, soon),
    off: vm.off(id, soon),
    soft: vm.soft(id, soon),
    cycle: vm.cycle(id, 'cycle', soon),
    reset: vm.reset(id, 'reset', soon),
    restart: vm.restart(id, 'restart', soon),
    'boot device': vm.changeBoot(id, asSet({ device: 'disk', efi: false }, true), soon),
    powerreset: engine.power('powerreset', vmDriver(vm, id), powerContext('powerreset', { 'power/timeout': 1 })),
    poweron: engine.power('poweron', vmDriver(vm, other.id), powerContext('poweron', { 'power/timeout': 1 })),
  }
  await Promise.all(
    Object.entries(asked).map(([name, work]) =>
      t.rejects(async () => void (await work), { code: 'TARGET_BUSY' }, name),
    ),
  )
  gate.emit('open')
  await Promise.all(held)
  hypervisor.set(id, { state: 'saving' })
  await t.rejects(vm.reset(id, 'while it changes', call(30)), { code: 'TARGET_BUSY' })
  hypervisor.set(id, { state: 'running' })
  await turnsOf(vm).idle()
  t.same(hypervisor.done, [])
})

import { EventEmitter, once } from 'node:events'
import { PowerbusError, type PowerVerb } from '@powerbus/plugin-sdk'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { asSet } from '../../src/vm/boot-changes.ts'
import { vmDriver } from '../../src/vm/power-driver.ts'
import { call, openTimedBench, powerContext, turnsOf } from '../vm-bench.ts'

/** `verb`: the verb of an action, on the virtual clock. */
async function powerBench(t: TestScope) {
  const bench = await openTimedBench(t)
  const vm = bench.power()
  const verb = (name: PowerVerb, id: string, params = {}) =>
    bench.run(bench.engine.power(name, vmDriver(vm, id), powerContext(name, params)))
  return { ...bench, vm, verb }
}

test('the engine verifies each power verb, and sends nothing to a VM that is in the wanted state', async (t) => {
  const { hypervisor, verb } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' })
  t.match(await verb('poweroff', id), { Power: 'off', Changed: false, Attempts: 0 })
  t.match(await verb('poweron', id), { Power: 'on', Changed: true, Verified: true })
  t.match(await verb('poweron', id), { Power: 'on', Changed: false })
  t.match(await verb('powercycle', id), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.match(await verb('powerreset', id), { Power: 'on', Changed: true })
  t.match(await verb('powershutdown', id), { Power: 'off', Verified: true })
  t.match(await verb('powercycle', id), { Power: 'on', Changed: true })
  await t.rejects(verb('powerdiag', id), { code: 'CAPABILITY_UNSUPPORTED' })
  t.same(hypervisor.done, ['start a net', 'off a', 'start a net', 'reset a', 'acpi a', 'start a net'])
})

test('a paused or stuck VM counts as on, a saved or aborted one as off', async (t) => {
  const { hypervisor, verb } = await powerBench(t)
  for (const [state, expected] of [
    ['paused', 'on'],
    ['stuck', 'on'],
    ['saved', 'off'],
    ['aborted', 'off'],
  ] as const) {
    const { id } = hypervisor.add({ name: state }, state)
    t.match(await verb('powerstatus', id), { Power: expected }, state)
    const [other, power] = expected === 'on' ? (['poweroff', 'off'] as const) : (['poweron', 'on'] as const)
    t.match(await verb(other, id), { Power: power, Changed: true }, state)
  }
})

test('a locked VM is asked again until it is free; an inaccessible or unknown one fails', async (t) => {
  const { hypervisor, verb } = await powerBench(t)
  const gone = hypervisor.add({ name: 'inaccessible' }, 'inaccessible')
  await t.rejects(verb('poweron', gone.id), { code: 'TARGET_STATE' })
  const locked = hypervisor.add({ name: 'locked' })
  hypervisor.failures.push({ method: 'start', code: 'TARGET_BUSY', times: 2 })
  t.match(await verb('poweron', locked.id), { Power: 'on', Verified: true })
  hypervisor.failures.push({ method: 'powerOff', code: 'TARGET_BUSY', times: 2 })
  t.match(await verb('powercycle', locked.id), { Power: 'on', Verified: true }, 'nothing was done while it was locked')
  t.same(
    hypervisor.done.filter((line) => line.includes('locked')),
    ['start locked net', 'off locked', 'start locked net'],
  )
  await t.rejects(verb('poweron', '00000000-0000-4000-8000-000000000000'), { code: 'OBJECT_UNKNOWN' })
})

test('a start that fails in a cycle is reported, and not repeated by the next process', async (t) => {
  const { hypervisor, power, verb, run } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  hypervisor.failures.push({ method: 'start', code: 'TARGET_UNREACHABLE', times: 1 })
  await t.rejects(verb('powercycle', id), { code: 'TARGET_UNREACHABLE' })
  await run(power().recover())
  t.same(hypervisor.done, ['off a'], 'the caller knows that the VM is off')
})

test('the next process finishes a cycle that was cut off between off and on, once', async (t) => {
  const { hypervisor, power, clock, run } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  let killed = false
  hypervisor.before = async (method) => {
    // The process is killed after the VM was switched off.
    if (method === 'start' && !killed) {
      killed = true
      await new Promise(() => undefined)
    }
  }
  power()
    .cycle(id, 'token-1', call())
    .catch(() => undefined)
  await clock.until(() => killed)
  const next = power()
  await run(next.recover())
  await clock.until(() => hypervisor.vm(id).state === 'running')
  t.equal(await run(next.outcomeOf('token-1', call())), 'done')
  await run(next.recover())
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('outcomeOf finishes a cycle that was cut off; the outcome of one that never began is unknown', async (t) => {
  const { hypervisor, power, clock, run } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  hypervisor.before = async (method) => {
    if (method === 'start') await new Promise(() => undefined)
  }
  power()
    .cycle(id, 'token-2', call())
    .catch(() => undefined)
  await clock.until(() => hypervisor.vm(id).state === 'poweredoff')
  // The process that is cut off hangs in its start.
  await clock.pass(2000)
  hypervisor.before = () => undefined
  const next = power()
  t.equal(await run(next.outcomeOf('token-2', call())), 'done')
  t.equal(await run(next.outcomeOf('token-3', call())), 'unknown')
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('a cycle whose call is aborted before its turn is not done', async (t) => {
  const { hypervisor, vm } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
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

test('a power button that is pressed when its call ends has an unknown outcome', async (t) => {
  const { hypervisor, vm, clock, run } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  hypervisor.before = (method) => (method === 'acpiShutdown' ? clock.sleep(2000) : undefined)
  await t.rejects(run(vm.soft(id, call(1000))), { code: 'OUTCOME_UNKNOWN' })
  await run(turnsOf(vm).idle())
  t.same(hypervisor.done, ['acpi a'])
})

test('concurrent verbs for one VM run one after the other', async (t) => {
  const { hypervisor, vm, run } = await powerBench(t)
  const { id } = hypervisor.add({ name: 'a' })
  await run(Promise.all([vm.on(id, call()), vm.off(id, call()), vm.on(id, call()), vm.reset(id, 'x', call())]))
  t.same(hypervisor.done, ['start a net', 'off a', 'start a net', 'reset a'])
  await t.rejects(run(vm.reset(hypervisor.add({ name: 'b' }).id, 'y', call())), PowerbusError)
})

test('a verb that gets no turn in time fails with TARGET_BUSY, and is not done later', async (t) => {
  const { hypervisor, vm, engine, run } = await powerBench(t)
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
  await run(
    Promise.all(
      Object.entries(asked).map(([name, work]) =>
        t.rejects(async () => void (await work), { code: 'TARGET_BUSY' }, name),
      ),
    ),
  )
  gate.emit('open')
  await Promise.all(held)
  hypervisor.set(id, { state: 'saving' })
  await t.rejects(run(vm.reset(id, 'while it changes', call(30))), { code: 'TARGET_BUSY' })
  hypervisor.set(id, { state: 'running' })
  await turnsOf(vm).idle()
  t.same(hypervisor.done, [])
})

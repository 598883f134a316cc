import { PowerbusError } from '@powerbus/plugin-sdk'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { OperationRecords } from '../../src/vm/operation-records.ts'
import type { MemoryMethod } from '../memory-hypervisor.ts'
import { call, openVmBench, turnsOf } from '../vm-bench.ts'

/** A VM that runs. `cutOff`: a cycle of it in a process that does nothing more once it calls this. */
async function cycleBench(t: TestScope) {
  const bench = await openVmBench(t)
  const { hypervisor, power } = bench
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  const cutOff = async (token: string, method: MemoryMethod) => {
    let isCut = false
    hypervisor.before = async (called) => {
      if (called !== method || isCut) return
      isCut = true
      await new Promise(() => undefined)
    }
    power()
      .cycle(id, token, call())
      .catch(() => undefined)
    await waitUntil('the process to be killed', () => isCut)
  }
  const isNow = () => hypervisor.vm(id).state
  const becomes = (wanted: string) => waitUntil(`the VM to be ${wanted}`, () => isNow() === wanted)
  const operations = new OperationRecords(bench.state)
  /** A power off that does what it does, or nothing, and then fails. */
  const failOff = (code: 'TARGET_UNREACHABLE' | 'TARGET_TIMEOUT', isDone: boolean) => {
    const { powerOff } = hypervisor
    hypervisor.powerOff = async (of) => {
      hypervisor.powerOff = powerOff
      if (isDone) await hypervisor.powerOff(of)
      throw new PowerbusError(code, 'controlvm poweroff was ended by SIGKILL')
    }
  }
  return { ...bench, id, cutOff, isNow, becomes, failOff, operations }
}

test('a cycle whose power off failed in some other way than by a refusal starts the VM when it goes off', async (t) => {
  const { hypervisor, power, id, failOff } = await cycleBench(t)
  failOff('TARGET_UNREACHABLE', true)
  await power().cycle(id, 'at once', call())
  failOff('TARGET_TIMEOUT', true)
  hypervisor.delayMs = 200
  const slow = power(undefined, { unansweredMs: 1 })
  await t.rejects(slow.cycle(id, 'late', call()), { code: 'OUTCOME_UNKNOWN' })
  await waitUntil('the second start', () => hypervisor.done.length === 4)
  await turnsOf(slow).idle()
  t.equal(await slow.outcomeOf('late', call()), 'done')
  t.same(hypervisor.done, ['off a', 'start a net', 'off a', 'start a net'])
})

test('a cycle starts the VM again although what was done cannot be written down, and neither is a reset told as failed', async (t) => {
  const { hypervisor, power, id, isNow, state } = await cycleBench(t)
  const broken = await state()
  const { set } = broken
  broken.set = async (...entry) => {
    if (/"phase":"(off|done)"/.test(JSON.stringify(entry)))
      throw new PowerbusError('STORE_UNAVAILABLE', 'no space left')
    await set.apply(broken, entry)
  }
  await power().cycle(id, 'x', call())
  await power().reset(id, 'y', call())
  t.equal(isNow(), 'running')
  broken.set = set
  const next = power(undefined, { followMs: 1 })
  await next.recover()
  t.same(hypervisor.done, ['off a', 'start a net', 'reset a'], 'and is not started a second time')
})

test('a cycle that was cut off while the VM was on its way off is finished when it is off', async (t) => {
  const { hypervisor, power, id, cutOff, becomes } = await cycleBench(t)
  await cutOff('x', 'powerOff')
  hypervisor.delayMs = 200
  await hypervisor.powerOff(id)
  const next = power()
  await next.recover()
  await becomes('running')
  await turnsOf(next).idle()
  t.equal(await next.outcomeOf('x', call()), 'done')
})

test('a cycle that was cut off before the VM began to go off is finished if it does, and given up if it does not', async (t) => {
  const { hypervisor, power, id, cutOff, becomes, isNow, operations } = await cycleBench(t)
  await cutOff('x', 'powerOff')
  const next = power()
  await next.recover()
  t.equal(await next.outcomeOf('x', call()), 'unknown')
  await hypervisor.powerOff(id)
  await waitUntil('the start', () => hypervisor.done.length === 2)
  await becomes('running')
  await turnsOf(next).idle()
  t.equal(await next.outcomeOf('x', call()), 'done')

  await cutOff('y', 'powerOff')
  const impatient = power(undefined, { followMs: 1 })
  await impatient.recover()
  await waitUntil('the cycle to be given up', async () => (await operations.read('y'))?.phase === 'failed')
  await hypervisor.powerOff(id)
  await becomes('poweredoff')
  await power().recover()
  t.equal(isNow(), 'poweredoff', 'whoever switched it off later meant it')
})

test('a cycle that was cut off is finished however much later the plugin runs again', async (t) => {
  const { hypervisor, power, cutOff, becomes } = await cycleBench(t)
  await cutOff('x', 'start')
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  Date.now = () => now() + 7 * 24 * 3_600_000
  await power().recover()
  await becomes('running')
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('a VM that was switched off on purpose is not started by a cycle from before that', async (t) => {
  const { hypervisor, power, id, failOff, becomes, isNow } = await cycleBench(t)
  const vm = power(undefined, { unansweredMs: 1 })
  const switches = {
    off: () => vm.off(id, call()),
    soft: () => vm.soft(id, call()),
    destroy: () =>
      turnsOf(vm).run(id, async () => {
        await vm.beforeEnd(id, call())
        await hypervisor.powerOff(id)
      }),
  }
  for (const [name, switchOff] of Object.entries(switches)) {
    failOff('TARGET_TIMEOUT', false)
    await t.rejects(vm.cycle(id, name, call()), { code: 'OUTCOME_UNKNOWN' }, name)
    await switchOff()
    await becomes('poweredoff')
    await turnsOf(vm).idle()
    await power().recover()
    t.equal(isNow(), 'poweredoff', name)
    await vm.on(id, call())
  }
})

test('whoever wants a VM on has it started once where a cycle left it off', async (t) => {
  const { hypervisor, power, id, cutOff, becomes, isNow } = await cycleBench(t)
  const starts = () => hypervisor.done.filter((line) => line.startsWith('start')).length
  const verbs = {
    on: () => power().on(id, call()),
    reset: (token: string) => power().reset(id, token, call()),
  }
  for (const [name, run] of Object.entries(verbs)) {
    const before = starts()
    await cutOff(name, 'start')
    hypervisor.before = () => undefined
    await run(`next ${name}`)
    t.equal(isNow(), 'running', name)
    t.equal(starts(), before + 1, name)
    await hypervisor.powerOff(id)
    await becomes('poweredoff')
    await power().recover()
    t.equal(isNow(), 'poweredoff', `${name}: that cycle has ended`)
    await power().on(id, call())
  }
})

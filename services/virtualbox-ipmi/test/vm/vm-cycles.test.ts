import { PowerbusError } from '@powerbus/plugin-sdk'
import type { TestScope } from '@powerbus/testkit'
import { test } from 'tap'
import { OperationRecords } from '../../src/vm/operation-records.ts'
import type { MemoryMethod } from '../memory-hypervisor.ts'
import { call, openTimedBench, silent, turnsOf } from '../vm-bench.ts'

/** A running VM. `cutOff`: a cycle of it in a process that is killed when it calls `method`. */
async function cycleBench(t: TestScope) {
  const bench = await openTimedBench(t)
  const { hypervisor, power, clock } = bench
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
    await clock.until(() => isCut)
  }
  const isNow = () => hypervisor.vm(id).state
  const becomes = (wanted: string) => clock.until(() => isNow() === wanted)
  const operations = new OperationRecords({ state: bench.state, log: silent })
  /** The next power off fails, after the VM was switched off (`isDone`) or not. */
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

test('a cycle whose power off had no answer starts the VM when it goes off', async (t) => {
  const { hypervisor, power, id, failOff, run, clock } = await cycleBench(t)
  failOff('TARGET_UNREACHABLE', true)
  await run(power().cycle(id, 'at once', call()))
  failOff('TARGET_TIMEOUT', true)
  hypervisor.delayMs = 10_000
  const slow = power()
  await t.rejects(run(slow.cycle(id, 'late', call())), { code: 'OUTCOME_UNKNOWN' })
  await clock.until(() => hypervisor.done.length === 4)
  await run(turnsOf(slow).idle())
  t.equal(await run(slow.outcomeOf('late', call())), 'done')
  t.same(hypervisor.done, ['off a', 'start a net', 'off a', 'start a net'])
})

test('a store that cannot write keeps no cycle from starting the VM, and makes no reset fail', async (t) => {
  const { hypervisor, power, id, isNow, state, run } = await cycleBench(t)
  const broken = await state()
  const { set } = broken
  broken.set = async (...entry) => {
    if (/"phase":"(off|done)"/.test(JSON.stringify(entry)))
      throw new PowerbusError('STORE_UNAVAILABLE', 'no space left')
    await set.apply(broken, entry)
  }
  await run(power().cycle(id, 'x', call()))
  await run(power().reset(id, 'y', call()))
  t.equal(isNow(), 'running')
  broken.set = set
  const next = power()
  await run(next.recover())
  t.same(hypervisor.done, ['off a', 'start a net', 'reset a'], 'and is not started a second time')
})

test('a cycle that was cut off while the VM was stopping is finished when the VM is off', async (t) => {
  const { hypervisor, power, id, cutOff, becomes, run } = await cycleBench(t)
  await cutOff('x', 'powerOff')
  hypervisor.delayMs = 200
  await hypervisor.powerOff(id)
  const next = power()
  await run(next.recover())
  await becomes('running')
  await run(turnsOf(next).idle())
  t.equal(await run(next.outcomeOf('x', call())), 'done')
})

test('a cycle that was cut off before the VM went off is finished if it does so in a minute, else given up', async (t) => {
  const { hypervisor, power, id, cutOff, becomes, isNow, operations, run, clock } = await cycleBench(t)
  await cutOff('x', 'powerOff')
  const next = power()
  await run(next.recover())
  t.equal(await run(next.outcomeOf('x', call())), 'unknown')
  await hypervisor.powerOff(id)
  await clock.until(() => hypervisor.done.length === 2)
  await becomes('running')
  await run(turnsOf(next).idle())
  t.equal(await run(next.outcomeOf('x', call())), 'done')

  await cutOff('y', 'powerOff')
  const impatient = power()
  await run(impatient.recover())
  await clock.pass(61_000)
  t.equal((await operations.read('y'))?.phase, 'failed')
  await hypervisor.powerOff(id)
  await becomes('poweredoff')
  await run(power().recover())
  t.equal(isNow(), 'poweredoff', 'a power off after the cycle was given up is respected')
})

test('a cycle that was cut off is finished even a week later', async (t) => {
  const { hypervisor, power, cutOff, becomes, run, clock } = await cycleBench(t)
  await cutOff('x', 'start')
  clock.jump(7 * 24 * 3_600_000)
  await run(power().recover())
  await becomes('running')
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('off, soft and destroy end an open cycle, which starts the VM no more', async (t) => {
  const { hypervisor, power, id, failOff, becomes, isNow, run } = await cycleBench(t)
  const vm = power()
  const switches = {
    off: () => vm.off(id, call()),
    soft: () => vm.soft(id, call()),
    destroy: () =>
      turnsOf(vm).run(id, async () => {
        await run(vm.beforeEnd(id, call()))
        await hypervisor.powerOff(id)
      }),
  }
  for (const [name, switchOff] of Object.entries(switches)) {
    failOff('TARGET_TIMEOUT', false)
    await t.rejects(run(vm.cycle(id, name, call())), { code: 'OUTCOME_UNKNOWN' }, name)
    await run(switchOff())
    await becomes('poweredoff')
    await run(turnsOf(vm).idle())
    await run(power().recover())
    t.equal(isNow(), 'poweredoff', name)
    await run(vm.on(id, call()))
  }
})

test('on and reset start a VM once that an open cycle left off', async (t) => {
  const { hypervisor, power, id, cutOff, becomes, isNow, run } = await cycleBench(t)
  const starts = () => hypervisor.done.filter((line) => line.startsWith('start')).length
  const verbs = {
    on: () => power().on(id, call()),
    reset: (token: string) => power().reset(id, token, call()),
  }
  for (const [name, verb] of Object.entries(verbs)) {
    const before = starts()
    await cutOff(name, 'start')
    hypervisor.before = () => undefined
    await run(verb(`next ${name}`))
    t.equal(isNow(), 'running', name)
    t.equal(starts(), before + 1, name)
    await hypervisor.powerOff(id)
    await becomes('poweredoff')
    await run(power().recover())
    t.equal(isNow(), 'poweredoff', `${name}: that cycle has ended`)
    await run(power().on(id, call()))
  }
})

import type { PowerVerb } from '@powerbus/plugin-sdk'
import { type TestScope, waitUntil, within } from '@powerbus/testkit'
import type { ChassisControlName } from 'node-ipmi/bmc'
import { test } from 'tap'
import { VmChassis } from '../../src/bmc/vm-chassis.ts'
import { vmDriver } from '../../src/vm/power-driver.ts'
import { openPluginBench } from '../plugin-bench.ts'
import { openTimedBench, powerContext, turnsOf } from '../vm-bench.ts'

/** Every state of VirtualBox, in the words of 5.0 to 7.2, and what it means. */
const states = {
  off: ['poweredoff', 'saved', 'teleported', 'aborted', 'aborted-saved'],
  /** Off, and busy for a while. */
  offBusy: ['settingup', 'snapshotting', 'restoringsnapshot', 'deletingsnapshot'],
  running: ['running'],
  halted: ['paused', 'stuck'],
  /** On all the while, and busy. */
  onBusy: [
    ...['livesnapshotting', 'onlinesnapshotting', 'deletingsnapshotlive', 'deletingsnapshotlivepaused'],
    'faulttolerantsyncing',
  ],
  comingUp: ['starting', 'restoring', 'teleportingin'],
  goingDown: ['stopping', 'saving'],
  leaving: ['teleporting', 'teleportingpausedvm'],
  unreadable: ['inaccessible'],
} as const

type Group = keyof typeof states

const verbs = ['poweron', 'poweroff', 'powercycle', 'powerreset', 'powershutdown'] as const
const busy = 'TARGET_BUSY'
const refused = 'TARGET_STATE'

/** In the order of `verbs`: `changed`, `unchanged`, or the code of the error where the state does not pass. */
const outcomes: Readonly<Record<Group, readonly string[]>> = {
  off: ['changed', 'unchanged', 'changed', refused, 'unchanged'],
  offBusy: [busy, 'unchanged', busy, refused, 'unchanged'],
  running: ['unchanged', 'changed', 'changed', 'changed', 'changed'],
  halted: ['unchanged', 'changed', 'changed', refused, refused],
  onBusy: ['unchanged', busy, busy, busy, busy],
  comingUp: [busy, busy, busy, busy, busy],
  goingDown: [busy, busy, busy, busy, busy],
  leaving: [busy, busy, busy, busy, busy],
  unreadable: [refused, refused, refused, refused, refused],
}

const groups = Object.keys(states) as Group[]

async function bench(t: TestScope) {
  const timed = await openTimedBench(t)
  const vm = timed.power()
  const ask = (verb: PowerVerb, id: string, params = {}) =>
    timed.run(timed.engine.power(verb, vmDriver(vm, id), powerContext(verb, params)))
  return { ...timed, vm, ask }
}

test('every power verb does in every state of a VM what it promises, or says why not', async (t) => {
  for (const group of groups) {
    for (const state of states[group]) {
      for (const [index, verb] of verbs.entries()) {
        const { hypervisor, ask } = await bench(t)
        const { id } = hypervisor.add({ name: 'a' }, state)
        const outcome = await ask(verb, id, { 'power/timeout': 9 }).then(
          (result) => ('Changed' in result && result.Changed ? 'changed' : 'unchanged'),
          (error) => error.code,
        )
        t.equal(outcome, outcomes[group][index], `${verb} of a VM that is ${state}`)
        const isLeftAlone = outcome !== 'changed'
        t.equal(hypervisor.done.length === 0, isLeftAlone, `${state}, ${verb}: ${hypervisor.done.join()}`)
        if (outcome !== 'changed') t.equal(hypervisor.vm(id).state, state)
      }
    }
  }
})

test('a verb waits for the end of a state that passes', async (t) => {
  for (const [state, next, verb, expected] of [
    ['stopping', 'poweredoff', 'poweron', { Power: 'on', Changed: true, Verified: true }],
    ['saving', 'saved', 'poweroff', { Power: 'off', Changed: false }],
    ['starting', 'running', 'poweron', { Power: 'on', Changed: false }],
    ['restoring', 'running', 'poweroff', { Power: 'off', Changed: true }],
    ['livesnapshotting', 'running', 'powerreset', { Power: 'on', Changed: true, Verified: true }],
    ['teleporting', 'teleported', 'poweroff', { Power: 'off', Changed: false }],
    ['deletingsnapshot', 'poweredoff', 'powercycle', { Power: 'on', Changed: true }],
  ] as const) {
    const { hypervisor, ask, clock } = await bench(t)
    const { id } = hypervisor.add({ name: 'a' }, state)
    clock.after(3000, () => hypervisor.set(id, { state: next }))
    t.match(await ask(verb, id), expected, `${verb}, ${state}`)
  }
})

/** What a console gets, and what is done at the VM: `D5h` is "not supported in present state". */
const consoleOutcomes: Readonly<Record<string, Partial<Record<ChassisControlName, string>>>> = {
  running: { powerUp: '', powerCycle: 'off,start', hardReset: 'reset', softShutdown: 'acpi', powerDown: 'off' },
  paused: { powerCycle: 'off,start', hardReset: 'off,start', softShutdown: 'D5h', powerDown: 'off' },
  stuck: { powerUp: '', powerCycle: 'off,start', hardReset: 'off,start', softShutdown: 'D5h', powerDown: 'off' },
  stopping: { powerCycle: 'D5h', hardReset: 'D5h', softShutdown: '', powerUp: 'start', powerDown: '' },
  saving: { powerCycle: 'D5h', hardReset: 'D5h', powerUp: 'start' },
  starting: { powerUp: '', powerCycle: 'off,start', hardReset: 'reset', powerDown: 'off' },
  livesnapshotting: { hardReset: 'reset', powerDown: 'off' },
  saved: { powerUp: 'start', powerDown: '', softShutdown: '' },
  teleported: { powerUp: 'start', powerDown: '', softShutdown: '' },
  aborted: { powerUp: 'start', powerDown: '', softShutdown: '' },
  settingup: { powerUp: 'start', powerDown: '' },
}
const after: Readonly<Record<string, string>> = {
  ...{ stopping: 'poweredoff', saving: 'saved', starting: 'running' },
  ...{ livesnapshotting: 'running', settingup: 'poweredoff' },
}

test('a command to an emulated BMC is done, or refused with D5h, in every state', async (t) => {
  for (const [state, expected] of Object.entries(consoleOutcomes)) {
    for (const [verb, done] of Object.entries(expected) as [ChassisControlName, string][]) {
      const { hypervisor, vm, clock, run } = await bench(t)
      const { id } = hypervisor.add({ name: 'a' }, state)
      let failures = 0
      const end = new AbortController()
      t.teardown(() => end.abort())
      const options = { power: vm, vm: hypervisor.vm(id), signal: end.signal, onFailure: () => void failures++ }
      const chassis = new VmChassis(options, undefined)
      await chassis.isOn()
      const outcome = chassis.control(verb)
      const next = after[state]
      if (next) hypervisor.set(id, { state: next })
      await run(turnsOf(vm).idle())
      await run(chassis.idle())
      await clock.pass(1000)
      const what = hypervisor.done.map((line) => line.split(' ')[0]).join()
      t.same(
        [outcome, what, failures],
        done === 'D5h' ? ['notInPresentState', '', 0] : ['accepted', done, 0],
        `${verb}, ${state}`,
      )
    }
  }
})

test('a reset right after a power off is refused with D5h, and not accepted to fail later', async (t) => {
  const { hypervisor, vm, run } = await bench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'running')
  const options = { power: vm, vm: hypervisor.vm(id), signal: new AbortController().signal, onFailure: t.fail }
  const chassis = new VmChassis(options, undefined)
  await chassis.isOn()
  t.equal(chassis.control('powerDown'), 'accepted')
  for (const verb of ['hardReset', 'powerCycle', 'diagnosticInterrupt'] as const)
    t.not(chassis.control(verb), 'accepted', verb)
  t.equal(chassis.control('powerUp'), 'accepted')
  await run(chassis.idle())
  t.same(hypervisor.done, ['off a', 'start a net'])
})

test('powerstatus says what is known of a VM in every state, and what it is going to be', async (t) => {
  const { run, hypervisor } = await openPluginBench(t)
  const becoming: Partial<Record<Group, string>> = { comingUp: 'on', goingDown: 'off' }
  for (const group of groups) {
    for (const state of states[group]) {
      const { id } = hypervisor.add({ name: state }, state)
      const asked = run('powerstatus', { 'virtualbox/id': id })
      if (group === 'unreadable') {
        await t.rejects(asked, { code: 'TARGET_STATE' })
        continue
      }
      const { ElapsedMs: _, ...result } = await asked
      const Power = group === 'off' || group === 'offBusy' ? 'off' : 'on'
      const Becoming = becoming[group]
      const plain = { Power, Changed: false, Verified: true, Attempts: 1, State: state }
      t.same(result, Becoming ? { ...plain, Becoming } : plain, state)
    }
  }
})

test('powerstatus does not wait for a command that takes long', async (t) => {
  const { run, hypervisor } = await openPluginBench(t)
  const { id } = hypervisor.add({ name: 'a' }, 'poweredoff')
  let release: () => void = () => undefined
  hypervisor.before = async (method) => {
    if (method !== 'start') return
    hypervisor.set(id, { state: 'starting' })
    await new Promise<void>((resolve) => {
      release = resolve
    })
    hypervisor.set(id, { state: 'poweredoff' })
  }
  const started = run('poweron', { 'virtualbox/id': id })
  const status = () => run('powerstatus', { 'virtualbox/id': id })
  await waitUntil('the start', () => hypervisor.vm(id).state === 'starting')
  t.match(await within('the status', status()), { Power: 'on', State: 'starting', Becoming: 'on' })
  t.match(await status(), { Power: 'on', State: 'starting' }, 'again')
  release()
  t.match(await started, { Power: 'on', Changed: true })
  t.match(await run('powerstatus', { 'virtualbox/id': id, 'power/dry-run': true }), { DryRun: true })
})

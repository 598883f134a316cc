import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import type { Call } from '../../src/power/driver.ts'
import type { PowerParamValues } from '../../src/power/params.ts'
import { createPowerEngine, type PowerEngine } from '../../src/power/power-engine.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { type FakeOptions, fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

function bench(options: Omit<FakeOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const engine: PowerEngine = createPowerEngine({ clock, random: () => 0.5 })
  const { driver, machine } = fakeDriver({ clock, ...options })
  const power = (verb: PowerVerb, params: Partial<PowerParamValues> = {}, signal?: AbortSignal) =>
    clock.run(engine.power(verb, driver, powerContext(verb, params, signal)))
  return { clock, engine, driver, machine, power }
}

const without = (commands: readonly string[], name: string) => commands.filter((command) => command !== name)

test('poweron sends nothing to a machine that is on', async (t) => {
  const { power, machine } = bench({ power: 'on' })
  t.match(await power('poweron'), { Power: 'on', Changed: false, Verified: true, Attempts: 0 })
  t.same(machine.commands, ['status'])
})

test('poweroff sends nothing to a machine that is off', async (t) => {
  const { power, machine } = bench({ power: 'off' })
  t.match(await power('poweroff'), { Power: 'off', Changed: false, Verified: true, Attempts: 0 })
  t.same(machine.commands, ['status'])
})

test('a power result has exactly the five fields of the contract', async (t) => {
  const { power } = bench({ power: 'off' })
  for (const verb of [
    'poweron',
    'powerstatus',
    'powercycle',
    'powerreset',
    'powerdiag',
    'powershutdown',
    'poweroff',
  ] as const)
    t.same(Object.keys(await power(verb, { 'power/soft-timeout': 1 })), [
      'Power',
      'Changed',
      'Verified',
      'Attempts',
      'ElapsedMs',
    ])
})

test('poweron waits until the machine is on', async (t) => {
  const { power, clock } = bench({ slowMs: 20_000 })
  const startedMs = clock.nowMs()
  const result = await power('poweron')
  t.match(result, { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.ok(clock.nowMs() - startedMs >= 20_000)
  t.equal((result as { ElapsedMs: number }).ElapsedMs, Math.round(clock.nowMs() - startedMs))
})

test('a machine that does not come on in time is a 504 that says what the BMC last reported', async (t) => {
  const { power, clock } = bench({ slowMs: 500_000 })
  const startedMs = clock.nowMs()
  await t.rejects(power('poweron', { 'power/timeout': 30 }), {
    code: 'TARGET_TIMEOUT',
    message: /192\.0\.2\.1:623.* off/,
  })
  t.equal(clock.nowMs() - startedMs, 30_000)
})

test('polls go from 0.2 s to 5 s apart', async (t) => {
  const { power, machine } = bench({ slowMs: 500_000 })
  await t.rejects(
    power('poweroff', { 'power/timeout': 60 }).then(() => power('poweron')),
    { code: 'TARGET_TIMEOUT' },
  )
  const gaps = machine.sentAtMs.slice(4).map((atMs, index) => atMs - (machine.sentAtMs[index + 3] ?? 0))
  t.ok(
    gaps.every((gapMs) => gapMs <= 5000),
    'never more than 5 s',
  )
  t.equal(Math.round(gaps[0] ?? 0), 200)
  t.ok(gaps.filter((gapMs) => gapMs === 5000).length > 5)
})

test('a machine is first looked at when its driver says that it can be on', async (t) => {
  const firstLooks = { onMs: 330, cycleMs: 550 }
  const looksAfter = async (verb: PowerVerb, options: Omit<FakeOptions, 'clock'>) => {
    const { engine, clock, driver, machine } = bench(options)
    t.match(await clock.run(engine.power(verb, { ...driver, firstLooks }, powerContext(verb, {}))), { Power: 'on' })
    const change = machine.commands.findIndex((command) => command !== 'status')
    const at = (index: number) => Math.round((machine.sentAtMs[index] ?? 0) - (machine.sentAtMs[change] ?? 0))
    return machine.commands.slice(change + 1).map((_, index) => at(change + 1 + index))
  }
  t.same(await looksAfter('poweron', { slowMs: 300 }), [330])
  t.same(await looksAfter('powercycle', { power: 'on', offMs: 500 }), [0, 550])
  t.same(await looksAfter('poweron', { slowMs: 0 }), [330])
})

for (const fault of ['busy', 'timeout', 'lost', 'vanished'] as const)
  test(`power on is repeated after ${fault}`, async (t) => {
    const { power, machine } = bench({ faults: { on: [fault] } })
    t.match(await power('poweron'), { Power: 'on', Changed: true, Verified: true, Attempts: 2 })
    t.same(without(machine.commands, 'status'), ['on', 'on'])
  })

for (const name of ['status', 'on'])
  test(`wrong credentials at ${name} are said at once and not repeated`, async (t) => {
    const { power, machine } = bench({ faults: { [name]: ['credentials', 'credentials'] } })
    await t.rejects(power('poweron'), { code: 'AUTH_FAILED' })
    t.equal(machine.commands.filter((command) => command === name).length, 1)
  })

test('a read of a dead BMC ends within 15 seconds with the time waited', async (t) => {
  const { power, clock } = bench({ faults: { status: Array(50).fill('timeout') } })
  const startedMs = clock.nowMs()
  await t.rejects(power('powerstatus'), { code: 'TARGET_TIMEOUT', message: /1\d\.\d s/ })
  t.ok(clock.nowMs() - startedMs <= 15_300)
})

test('a driver that never comes back is given up', async (t) => {
  const { power, clock } = bench({ faults: { status: Array(50).fill('hang') } })
  const startedMs = clock.nowMs()
  await t.rejects(power('powerstatus'), { code: 'TARGET_TIMEOUT' })
  t.ok(clock.nowMs() - startedMs <= 15_300)
})

test('powercycle switches a machine on that is off', async (t) => {
  const { power, machine } = bench({ power: 'off' })
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.equal(machine.cycles, 0)
  t.same(without(machine.commands, 'status'), ['on'])
})

test('powercycle waits for the machine to go off and to come on again', async (t) => {
  const { power, machine, clock } = bench({ power: 'on', slowMs: 2000, offMs: 8000 })
  const startedMs = clock.nowMs()
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.equal(machine.cycles, 1)
  t.ok(clock.nowMs() - startedMs >= 10_000)
})

test('a cycle whose machine stays off is a failure that says so, and is not sent again', async (t) => {
  const { power, machine } = bench({ power: 'on', offMs: 1e6 })
  await t.rejects(power('powercycle'), { code: 'TARGET_STAYS_OFF', message: /off 5\d\.\d s|off 60\.0 s/ })
  t.equal(machine.cycles, 1)
})

test('a cycle whose answer is lost is not sent again, and is found out by the machine going off', async (t) => {
  const { power, machine } = bench({ power: 'on', faults: { cycle: ['lost'] }, slowMs: 11_000, offMs: 3000 })
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.equal(machine.cycles, 1)
})

test('a lost cycle that nobody saw is found out by the restart cause', async (t) => {
  const { power, machine } = bench({ power: 'on', faults: { cycle: ['lost'] }, restartCounter: true })
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.equal(machine.cycles, 1)
})

test('a lost cycle with no trace is reported as unknown and not sent again', async (t) => {
  for (const fault of ['lost', 'vanished', 'hang'] as const) {
    const { power, machine } = bench({ power: 'on', faults: { cycle: [fault] } })
    await t.rejects(power('powercycle'), { code: 'OUTCOME_UNKNOWN' })
    t.equal(machine.commands.filter((command) => command === 'cycle').length, 1)
  }
})

test('a cycle that was acknowledged and never seen is not called verified', async (t) => {
  const { power, machine } = bench({ power: 'on', ignores: true, restartCounter: true })
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: false, Attempts: 1 })
  t.equal(machine.commands.filter((command) => command === 'cycle').length, 1)
})

test('a BMC that acknowledges and does nothing is a 504', async (t) => {
  const { power } = bench({ power: 'off', ignores: true })
  await t.rejects(power('poweron'), { code: 'TARGET_TIMEOUT' })
})

test('a reset whose answer is lost is found out by the restart cause, or unknown', async (t) => {
  const found = bench({ power: 'on', faults: { reset: ['lost'] }, restartCounter: true })
  t.match(await found.power('powerreset'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  const unknown = bench({ power: 'on', faults: { reset: ['vanished'] }, restartCounter: true })
  await t.rejects(unknown.power('powerreset'), { code: 'OUTCOME_UNKNOWN' })
  t.equal(unknown.machine.commands.filter((command) => command === 'reset').length, 1)
})

test('a reset that was acknowledged and never seen is not called verified, one that was seen is', async (t) => {
  for (const ignores of [true, false]) {
    const { power, machine } = bench({ power: 'on', restartCounter: true, ignores })
    t.match(await power('powerreset'), { Power: 'on', Changed: true, Verified: !ignores, Attempts: 1 })
    t.equal(machine.resets, ignores ? 0 : 1)
  }
})

test('a restart is no evidence of a diagnostic interrupt', async (t) => {
  const acknowledged = bench({ power: 'on', restartCounter: true })
  t.match(await acknowledged.power('powerdiag'), { Power: 'on', Changed: true, Verified: false })
  const lost = bench({ power: 'on', restartCounter: true, faults: { diag: ['lost'] } })
  await t.rejects(lost.power('powerdiag'), { code: 'OUTCOME_UNKNOWN' })
  for (const { machine } of [acknowledged, lost]) t.notMatch(machine.commands.join(), /restartMark|outcomeOf/)
})

test('an action opens one connection, before its first command, and closes it whatever came of it', async (t) => {
  const { power, machine } = bench({ power: 'on', slowMs: 3000 })
  await power('poweroff')
  t.match(machine, { opened: 1, closed: 1 })
  await t.rejects(power('powerreset'), { code: 'TARGET_STATE' })
  t.match(machine, { opened: 2, closed: 2 })
  await power('poweron', { 'power/dry-run': true })
  t.match(machine, { opened: 2, closed: 2 })
})

test('a connection that cannot be opened at first is opened again, and one that opens too late is closed', async (t) => {
  const { clock, engine, driver, machine } = bench({ power: 'on' })
  const delaysMs = [30_000, 0]
  const slow = {
    ...driver,
    async open(call: Call) {
      await clock.sleep(delaysMs.shift() ?? 0)
      return driver.open(call)
    },
  }
  t.match(await clock.run(engine.power('poweron', slow, powerContext('poweron'))), { Power: 'on' })
  await clock.pass(60_000)
  t.match(machine, { opened: 2, closed: 2 })
})

test('a close that hangs or fails delays the answer by two seconds at most, and changes nothing of it', async (t) => {
  for (const isHanging of [true, false]) {
    const { clock, engine, driver } = bench({ power: 'on' })
    const bad = {
      ...driver,
      async open(call: Call) {
        const close = () => (isHanging ? new Promise<void>(() => undefined) : Promise.reject(new Error('no')))
        return { ...(await driver.open(call)), close }
      },
    }
    const startedMs = clock.nowMs()
    t.match(await clock.run(engine.power('powerstatus', bad, powerContext('powerstatus'))), { Power: 'on' })
    t.equal(clock.nowMs() - startedMs, isHanging ? 2000 : 0)
  }
})

test('a machine that is off can be neither reset nor interrupted', async (t) => {
  for (const verb of ['powerreset', 'powerdiag'] as const) {
    const { power, machine } = bench({ power: 'off' })
    await t.rejects(power(verb), { code: 'TARGET_STATE' })
    t.same(machine.commands, ['status'])
  }
})

test('powershutdown waits for the operating system', async (t) => {
  const { power, machine } = bench({ power: 'on', shutdownMs: 300_000 })
  t.match(await power('powershutdown'), { Power: 'off', Changed: true, Verified: true, Attempts: 1 })
  t.same(without(machine.commands, 'status'), ['soft'])
})

test('powershutdown says that the machine stayed on, and does not force it', async (t) => {
  const { power, machine, clock } = bench({ power: 'on' })
  const startedMs = clock.nowMs()
  t.match(await power('powershutdown'), { Power: 'on', Changed: false, Verified: false, Attempts: 1 })
  t.ok(clock.nowMs() - startedMs >= 600_000)
  t.same(without(machine.commands, 'status'), ['soft'])
})

test('powershutdown goes on to a hard off where it may', async (t) => {
  const { power, machine } = bench({ power: 'on' })
  const params = { 'power/force-after-soft': true, 'power/soft-timeout': 30 }
  t.match(await power('powershutdown', params), { Power: 'off', Changed: true, Verified: true, Attempts: 2 })
  t.same(without(machine.commands, 'status'), ['soft', 'off'])
})

test('powershutdown whose answer is lost still waits for the machine, and sends nothing again', async (t) => {
  const { power, machine } = bench({ power: 'on', faults: { soft: ['lost'] }, shutdownMs: 60_000 })
  t.match(await power('powershutdown'), { Power: 'off', Changed: true, Verified: true, Attempts: 1 })
  t.same(without(machine.commands, 'status'), ['soft'])
})

test('a lost powershutdown of a machine that stays on is unknown, or a hard off where that may be', async (t) => {
  const { power, machine } = bench({ power: 'on', faults: { soft: ['vanished', 'vanished'] } })
  await t.rejects(power('powershutdown', { 'power/soft-timeout': 60 }), { code: 'OUTCOME_UNKNOWN' })
  const forced = { 'power/soft-timeout': 60, 'power/force-after-soft': true }
  t.match(await power('powershutdown', forced), { Power: 'off', Changed: true, Verified: true, Attempts: 2 })
  t.same(without(machine.commands, 'status'), ['soft', 'soft', 'off'])
})

test('a protected machine is not taken down, whatever its state', async (t) => {
  for (const power of ['on', 'off'] as const)
    for (const verb of ['poweroff', 'powercycle', 'powerreset', 'powershutdown', 'powerdiag'] as const) {
      const protectedBench = bench({ power })
      await t.rejects(protectedBench.power(verb, { 'power/protected': true }), { code: 'TARGET_PROTECTED' }, verb)
      t.same(protectedBench.machine.commands, [])
    }
})

test('a protected machine can be switched on and read', async (t) => {
  const { power } = bench()
  t.match(await power('poweron', { 'power/protected': true }), { Power: 'on' })
  t.match(await power('powerstatus', { 'power/protected': true }), { Power: 'on' })
})

test('a dry run says what would be sent, and sends nothing', async (t) => {
  const { power, machine } = bench({ power: 'on' })
  t.same(await power('powercycle', { 'power/dry-run': true }), {
    DryRun: true,
    Command: 'powercycle',
    Target: '192.0.2.1:623',
    Mode: 'memory',
    Steps: [
      { When: 'always', Send: 'send status' },
      { When: 'the machine is off', Send: 'send on' },
      { When: 'the machine is on, once', Send: 'send cycle' },
    ],
  })
  t.same(machine.commands, [])
})

test('what a driver lacks is a 404 that names command, service and mode', async (t) => {
  const { power, machine } = bench({ without: ['diag'] })
  for (const dry of [false, true])
    await t.rejects(power('powerdiag', { 'power/dry-run': dry }), {
      code: 'CAPABILITY_UNSUPPORTED',
      message: 'Action powerdiag not supported on fake driver: memory',
    })
  t.same(machine.commands, [])
})

test('an action that is cancelled ends at once and leaves no timer', async (t) => {
  const { power, clock, machine } = bench({ slowMs: 0, faults: { status: Array(9).fill('timeout') } })
  const caller = new AbortController()
  const ended = t.rejects(power('poweron', {}, caller.signal), { code: 'DEADLINE_EXCEEDED' })
  const startedMs = clock.nowMs()
  caller.abort()
  await ended
  t.equal(clock.nowMs(), startedMs)
  t.equal(clock.pending, 0)
  t.ok(machine.commands.length <= 1)
})

import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import type { PowerConnection, PowerDriver } from '../../src/power/driver.ts'
import type { PowerParamValues } from '../../src/power/params.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { connectedDriver } from './connected-driver.ts'
import { type FakeOptions, fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

function bench(options: Omit<FakeOptions, 'clock'> = {}, more: Partial<PowerConnection> = {}) {
  const clock = new VirtualClock()
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const { driver, machine } = fakeDriver({ clock, power: 'on', ...options })
  const cycle = (params: Partial<PowerParamValues> = {}) =>
    clock.run(engine.power('accycle', withMethods(driver, more), powerContext('accycle', params)))
  const changes = () => machine.commands.filter((name) => name !== 'status')
  return { clock, machine, cycle, changes }
}

function withMethods(driver: PowerDriver, more: Partial<PowerConnection>): PowerDriver {
  return { ...driver, open: async (call) => Object.assign(await driver.open(call), more) }
}

test('accycle switches the machine off, cuts standby power once, and switches it on when the BMC is back', async (t) => {
  const { machine, cycle, changes, clock } = bench()
  const startedMs = clock.nowMs()
  t.match(await cycle(), { Power: 'on', Changed: true, Verified: true })
  t.same(changes(), ['off', 'acCycle', 'on'])
  t.equal(machine.power, 'on')
  t.ok(clock.nowMs() - startedMs >= 90_000, 'nothing is sent before power supplies have discharged')
})

test('accycle of a machine that is off leaves it as it comes back', async (t) => {
  const { cycle, changes } = bench({ power: 'off' })
  t.match(await cycle(), { Power: 'off', Changed: true, Verified: true })
  t.same(changes(), ['acCycle'])
})

test('accycle of a BMC that never went away is done and not verified', async (t) => {
  const { cycle } = bench({ backMs: 0 })
  t.match(await cycle(), { Power: 'on', Changed: true, Verified: false })
})

test('accycle that a BMC cannot do, or may not do now, leaves the machine on', async (t) => {
  for (const code of ['CAPABILITY_UNSUPPORTED', 'TARGET_STATE'] as const) {
    const mayAcCycle = () => Promise.reject(new PowerbusError(code, 'no'))
    const { cycle, machine, changes } = bench({}, { mayAcCycle })
    await t.rejects(cycle(), { code })
    t.same(changes(), [])
    t.equal(machine.power, 'on')
  }
})

test('accycle whose answer was lost is not sent again, and is done where the BMC went away', async (t) => {
  const { cycle, changes } = bench({ faults: { acCycle: ['lost'] } })
  t.match(await cycle(), { Power: 'on', Verified: true })
  t.same(changes(), ['off', 'acCycle', 'on'])
})

test('accycle whose answer was lost at a BMC that stayed is unknown, and the machine is on again', async (t) => {
  const { cycle, changes, machine } = bench({ faults: { acCycle: ['vanished'] } })
  await t.rejects(cycle(), { code: 'OUTCOME_UNKNOWN', message: /acCycle/ })
  t.same(changes(), ['off', 'acCycle', 'on'])
  t.equal(machine.power, 'on')
})

test('accycle says that the BMC did not come back', async (t) => {
  const { cycle } = bench({ backMs: 3_600_000 })
  await t.rejects(cycle(), { code: 'TARGET_TIMEOUT', message: /has not answered for 6\d\d/ })
})

test('accycle is refused at a protected machine, and described by a dry run', async (t) => {
  const { cycle, machine } = bench()
  await t.rejects(cycle({ 'power/protected': true }), { code: 'TARGET_PROTECTED' })
  const { Steps } = (await cycle({ 'power/dry-run': true })) as unknown as { Steps: readonly { When: string }[] }
  t.equal(Steps.length, 4)
  t.same(machine.commands, [])
})

/** A machine that acknowledges `on` and forgets it so many times. */
function forgetful(forgets: number, resendMs?: number) {
  const clock = new VirtualClock()
  let isOn = false
  let sends = 0
  const connection: PowerConnection = {
    status: async () => (isOn ? 'on' : 'off'),
    on: async () => {
      isOn = sends++ >= forgets
    },
  }
  const driver: PowerDriver = {
    ...connectedDriver(connection),
    ...(resendMs !== undefined && { resendMs }),
  }
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const power = (timeout: number) =>
    clock.run(engine.power('poweron', driver, powerContext('poweron', { 'power/timeout': timeout })))
  return { power, sends: () => sends }
}

test('a power-on that was acknowledged and forgotten is sent again after resendMs, three times at most', async (t) => {
  const twice = forgetful(2, 30_000)
  t.match(await twice.power(120), { Power: 'on', Changed: true, Verified: true, Attempts: 3 })
  const never = forgetful(9, 30_000)
  await t.rejects(never.power(120), { code: 'TARGET_TIMEOUT' })
  t.equal(never.sends(), 3)
})

test('without resendMs, and where no time is left for it, a power-on is sent once', async (t) => {
  for (const [driver, timeout] of [
    [forgetful(9), 120],
    [forgetful(9, 30_000), 20],
  ] as const) {
    await t.rejects(driver.power(timeout), { code: 'TARGET_TIMEOUT' })
    t.equal(driver.sends(), 1)
  }
})

test('a machine on its way is not there yet for whoever wants it there', async (t) => {
  const clock = new VirtualClock()
  const asked: (string | undefined)[] = []
  const connection: PowerConnection = {
    status: async (_call, wanted) => {
      asked.push(wanted)
      return wanted === 'off' && asked.length < 4 ? 'on' : 'off'
    },
    off: async () => undefined,
    soft: async () => undefined,
  }
  const driver = connectedDriver(connection)
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  t.match(await clock.run(engine.power('poweroff', driver, powerContext('poweroff'))), { Changed: true })
  t.same(asked, ['off', 'off', 'off', 'off'])
  asked.length = 0
  t.match(await clock.run(engine.power('powershutdown', driver, powerContext('powershutdown'))), { Changed: true })
  t.same(asked, ['off', 'off', 'off', 'off'])
})

import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import type { PowerParamValues } from '../../src/power/params.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { type FakeOptions, fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

const verbs = { powercycle: 'cycle', powerreset: 'reset', powerdiag: 'diag', powershutdown: 'soft' } as const
const entries = Object.entries(verbs) as [keyof typeof verbs, (typeof verbs)[keyof typeof verbs]][]

function bench(options: Omit<FakeOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const { driver, machine } = fakeDriver({ clock, power: 'on', shutdownMs: 1000, ...options })
  const power = async (verb: PowerVerb, params: Partial<PowerParamValues> = {}) =>
    clock.run(engine.power(verb, driver, powerContext(verb, { 'power/soft-timeout': 30, ...params })))
  const times = (name: string) => machine.commands.filter((command) => command === name).length
  return { clock, engine, driver, machine, power, times }
}

const resend = { 'power/resend': true }

for (const [verb, operation] of entries) {
  test(`${verb} that was not answered is most likely not executed, and is sent once`, async (t) => {
    const { power, times, clock } = bench({ restartCounter: true, faults: { [operation]: ['unanswered'] } })
    const startedMs = clock.nowMs()
    const error = await power(verb).catch((reason: unknown) => reason)
    t.match(error, { code: 'NOT_ANSWERED', status: 504, retry: false, message: /192\.0\.2\.1:623.*power\/resend/ })
    t.equal(times(operation), 1)
    t.ok(clock.nowMs() - startedMs < 12_000, 'the verdict of the driver is waited for, and no more')
  })

  test(`${verb} that was not answered is sent once more with power/resend, after a look at the machine`, async (t) => {
    const { power, machine, times } = bench({ restartCounter: true, faults: { [operation]: ['unanswered'] } })
    t.match(await power(verb, resend), { Changed: true, Attempts: 2, Verified: verb !== 'powerdiag' })
    t.equal(times(operation), 2)
    const [first, second] = machine.commands.flatMap((name, index) => (name === operation ? [index] : []))
    t.ok(machine.commands.slice(first, second).includes('status'))
  })

  test(`${verb} is not sent a third time`, async (t) => {
    const { power, times } = bench({ faults: { [operation]: ['unanswered', 'unanswered'] } })
    await t.rejects(power(verb, resend), { code: 'NOT_ANSWERED', message: /twice/ })
    t.equal(times(operation), 2)
  })

  test(`${verb} whose second answer is lost is unknown, and says that it was sent twice`, async (t) => {
    const { power, times } = bench({ faults: { [operation]: ['unanswered', 'vanished'] } })
    await t.rejects(power(verb, resend), { code: 'OUTCOME_UNKNOWN', message: /twice/ })
    t.equal(times(operation), 2)
  })

  test(`${verb} whose second send does not leave, or is refused, is most likely not executed`, async (t) => {
    for (const fault of ['credentials', 'timeout'] as const) {
      const { power } = bench({ faults: { [operation]: ['unanswered', ...Array(40).fill(fault)] } })
      await t.rejects(power(verb, resend), { code: 'NOT_ANSWERED', message: /could not be sent again/ }, fault)
    }
  })

  test(`${verb} is sent again after nothing but NOT_ANSWERED`, async (t) => {
    for (const fault of ['lost', 'vanished', 'hang', 'state', 'credentials'] as const) {
      const { power, times } = bench({ faults: { [operation]: [fault] } })
      await power(verb, resend).catch(() => undefined)
      t.equal(times(operation), 1, fault)
    }
  })

  test(`${verb} of a BMC that is silent after NOT_ANSWERED is not sent again`, async (t) => {
    const silent = Array(20).fill('timeout')
    const { power, times } = bench({ faults: { [operation]: ['unanswered'], status: ['ok', ...silent] } })
    await t.rejects(power(verb, resend), { code: 'NOT_ANSWERED', message: /does not answer any more/ })
    t.equal(times(operation), 1)
  })

  test(`${verb} that leaves no time for a second verdict is not sent again`, async (t) => {
    const { power, times } = bench({ faults: { [operation]: ['unanswered'] } })
    const params = { ...resend, 'power/timeout': 20, 'power/soft-timeout': 1 }
    await t.rejects(power(verb, params), { code: 'NOT_ANSWERED', message: /no time is left.*power\/timeout/ })
    t.equal(times(operation), 1)
  })

  test(`${verb} that was acknowledged before the BMC fell silent is done and not verified`, async (t) => {
    const { power, times } = bench({ restartCounter: true, slowMs: 1, faults: { [operation]: ['gone'] } })
    t.match(await power(verb), { Power: 'on', Changed: true, Verified: false, Attempts: 1 })
    t.equal(times(operation), 1)
    const forced = bench({ faults: { [operation]: ['gone'] } })
    const params = { 'power/force-after-soft': true }
    t.match(await forced.power(verb, params), { Power: 'on', Changed: true, Verified: false })
  })

  test(`${verb} whose answer is lost is never a time-out, also where the BMC is silent after it`, async (t) => {
    const silent = Array(40).fill('timeout')
    const { power, clock } = bench({
      restartCounter: true,
      faults: { [operation]: ['vanished'], status: ['ok', ...silent], outcomeOf: silent },
    })
    const startedMs = clock.nowMs()
    await t.rejects(power(verb), { code: 'OUTCOME_UNKNOWN' })
    if (verb !== 'powershutdown') t.ok(clock.nowMs() - startedMs < 21_000, 'one look that is not answered is enough')
  })

  test(`${verb} that its caller gives up is no invitation to ask again, once it was sent`, async (t) => {
    for (const [fault, atMs] of [
      ['vanished', 5000],
      ['vanished', 10_500],
      ['hang', 5000],
    ] as const) {
      const { clock, engine, driver, times } = bench({ restartCounter: true, faults: { [operation]: [fault] } })
      const caller = new AbortController()
      const context = powerContext(verb, {}, caller.signal)
      const end = engine.power(verb, driver, context).catch((error: unknown) => error)
      clock.after(atMs, () => caller.abort())
      t.match(await clock.run(end), { code: 'OUTCOME_UNKNOWN', retry: false }, `${fault} ${atMs}`)
      t.equal(times(operation), 1)
    }
  })

  test(`${verb} counts only what was sent`, async (t) => {
    const { power } = bench({ restartCounter: true, faults: { [operation]: ['busy', 'timeout'] } })
    t.match(await power(verb), { Changed: true, Attempts: 1 })
  })

  test(`a dry run of ${verb} says when it would be sent once more`, async (t) => {
    const { power } = bench()
    const dry = { 'power/dry-run': true }
    const steps = async (params: Partial<PowerParamValues>) =>
      ((await power(verb, params)) as unknown as { Steps: { When: string; Send: string }[] }).Steps.filter(
        ({ Send }) => Send === `send ${operation}`,
      )
    t.equal((await steps(dry)).length, 1)
    t.match(await steps({ ...dry, ...resend }), [{ When: /once$/ }, { When: /most likely not executed.*once more/ }])
  })
}

for (const [verb, operation] of [
  ['powercycle', 'cycle'],
  ['powerreset', 'reset'],
] as const)
  test(`${verb} that leaves a trace after it was not answered is done, and not sent again`, async (t) => {
    const { power, times } = bench({ restartCounter: true, slowMs: 60_000, faults: { [operation]: ['late'] } })
    t.match(await power(verb, resend), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
    t.equal(times(operation), 1)
  })

for (const verb of ['powercycle', 'powershutdown'] as const)
  test(`${verb} that is seen off after it was not answered is done, and not sent again`, async (t) => {
    const { power, times } = bench({ shutdownMs: 0, faults: { [verbs[verb]]: ['late'] } })
    t.match(await power(verb, resend), { Changed: true, Verified: true, Attempts: 1 })
    t.equal(times(verbs[verb]), 1)
  })

for (const verb of ['powerreset', 'powerdiag'] as const)
  test(`${verb} is not sent again to a machine that is off by then`, async (t) => {
    const { power, times, machine, clock } = bench({ faults: { [verbs[verb]]: ['unanswered'] } })
    clock.after(5000, () => {
      machine.power = 'off'
    })
    await t.rejects(power(verb, resend), { code: 'NOT_ANSWERED', message: /the machine is off/ })
    t.equal(times(verbs[verb]), 1)
  })

test('a cycle that was seen off before the BMC fell silent is done, with the last state that was read', async (t) => {
  const silent = Array(40).fill('timeout')
  const { power } = bench({ offMs: 1e6, faults: { status: ['ok', 'ok', ...silent] } })
  t.match(await power('powercycle'), { Power: 'off', Changed: true, Verified: false })
})

test('a reset with a trace, after which no power state was read, is not verified', async (t) => {
  const silent = Array(40).fill('timeout')
  const { power } = bench({ restartCounter: true, faults: { status: ['ok', ...silent] } })
  t.match(await power('powerreset'), { Power: 'on', Changed: true, Verified: false })
})

test('a BMC that never answers the command for the restart mark does not stop a cycle', async (t) => {
  const { power } = bench({ restartCounter: true, faults: { restartMark: Array(20).fill('timeout') } })
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: true })
})

for (const [verb, name, other] of [
  ['poweron', 'on', 'off'],
  ['poweroff', 'off', 'on'],
] as const) {
  test(`${verb} that is refused by a machine in that state already is done`, async (t) => {
    const { engine, driver, clock, machine } = bench({ power: other, faults: { [name]: ['state'] } })
    const end = engine.power(verb, driver, powerContext(verb))
    clock.after(0, () => {
      machine.power = name
    })
    t.match(await clock.run(end), { Power: name, Changed: true, Verified: true })
  })

  test(`${verb} that is refused by a machine in the other state is an error`, async (t) => {
    const { power } = bench({ power: other, faults: { [name]: ['state'] } })
    await t.rejects(power(verb), { code: 'TARGET_STATE', message: 'not in this state' })
  })
}

test('a refusal of a command that is sent once is an error, and not looked into', async (t) => {
  const { driver, engine, clock } = bench()
  const refusing = {
    ...driver,
    open: async () => ({
      ...(await driver.open({ signal: new AbortController().signal, timeoutMs: 1 })),
      cycle: () => Promise.reject(new PowerbusError('IPMI_COMPLETION', 'CCh')),
    }),
  }
  await t.rejects(clock.run(engine.power('powercycle', refusing, powerContext('powercycle'))), {
    code: 'IPMI_COMPLETION',
  })
})

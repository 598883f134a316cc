import { VirtualClock } from '@powerbus/testkit'
import fc from 'fast-check'
import { test } from 'tap'
import type { PowerParamValues } from '../../src/power/params.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { memoryCoordinator } from '../../src/power/store-coordinator.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { type FakeOptions, fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

function bench(options: Omit<FakeOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const fake = fakeDriver({ clock, ...options })
  const start = (verb: PowerVerb, params: Partial<PowerParamValues> = {}, driver = fake.driver, signal?: AbortSignal) =>
    engine.power(verb, driver, powerContext(verb, params, signal))
  return { clock, engine, start, ...fake }
}

test('a second action waits for its turn', async (t) => {
  const { clock, start, machine } = bench({ slowMs: 10_000 })
  const results = await clock.run(Promise.all([start('poweron'), start('powerstatus'), start('poweroff')]))
  t.match(results, [{ Power: 'on' }, { Power: 'on' }, { Power: 'off', Changed: true }])
  t.same(
    machine.commands.filter((name) => name !== 'status'),
    ['on', 'off'],
  )
})

test('who waits until the deadline is told who holds the BMC and since when', async (t) => {
  const { clock, start } = bench({ power: 'on' })
  const since = new Date(clock.dateMs()).toISOString()
  const shutdown = start('powershutdown', { 'power/request-id': 'night-shift' })
  await clock.pass(0)
  const startedMs = clock.nowMs()
  const error = await clock.run(start('poweroff', { 'power/timeout': 20 }).catch((reason: Error) => reason))
  t.match(error, { code: 'TARGET_BUSY' })
  for (const part of ['192.0.2.1:623', 'powershutdown', 'night-shift', since]) t.ok(String(error).includes(part), part)
  t.equal(clock.nowMs() - startedMs, 20_000)
  t.match(await clock.run(shutdown), { Power: 'on', Verified: false })
})

test('who gives up waiting leaves the line, and the next one gets the turn', async (t) => {
  const { clock, start, driver } = bench({ slowMs: 10_000 })
  const caller = new AbortController()
  const first = start('poweron')
  const second = t.rejects(start('poweroff', {}, driver, caller.signal), { code: 'DEADLINE_EXCEEDED' })
  const third = start('powerstatus')
  await clock.pass(1000)
  caller.abort()
  await second
  t.match(await clock.run(Promise.all([first, third])), [{ Power: 'on' }, { Power: 'on' }])
})

test('BMCs do not wait for each other', async (t) => {
  const { clock, start, driver } = bench({ power: 'on' })
  const other = fakeDriver({ clock, key: '192.0.2.2:623' })
  const shutdown = start('powershutdown')
  t.match(await clock.run(start('poweron', {}, other.driver)), { Power: 'on' })
  t.not(driver.key, other.driver.key)
  await clock.run(shutdown)
})

test('two changes of one BMC are at least a second apart, and reads wait for nothing', async (t) => {
  const { clock, start, machine } = bench()
  const startedMs = clock.nowMs()
  await clock.run(start('poweron'))
  await clock.run(start('powerstatus'))
  t.equal(clock.nowMs(), startedMs)
  await clock.run(start('poweroff'))
  const sent = machine.commands.flatMap((name, index) => (name === 'status' ? [] : [machine.sentAtMs[index] ?? 0]))
  t.equal((sent[1] ?? 0) - (sent[0] ?? 0), 1000)
})

test('power/min-gap keeps all commands of one BMC apart', async (t) => {
  const { clock, start, machine } = bench()
  for (const verb of ['poweron', 'powerstatus', 'poweroff'] as const)
    await clock.run(start(verb, { 'power/min-gap': 2.5 }))
  const gaps = machine.sentAtMs.slice(1).map((atMs, index) => atMs - (machine.sentAtMs[index] ?? 0))
  t.ok(gaps.length >= 6)
  t.ok(gaps.every((gapMs) => gapMs >= 2500))
})

test('a gap of zero lets changes follow at once', async (t) => {
  const { clock, start } = bench()
  const startedMs = clock.nowMs()
  for (const verb of ['poweron', 'poweroff'] as const) await clock.run(start(verb, { 'power/min-gap': 0 }))
  t.equal(clock.nowMs(), startedMs)
})

test('the same request id sent twice runs once, also while the first still runs', async (t) => {
  const { clock, start, machine } = bench({ power: 'on' })
  const named = { 'power/request-id': 'a' }
  const [first, second] = await clock.run(Promise.all([start('powercycle', named), start('powercycle', named)]))
  const third = await clock.run(start('powercycle', named))
  t.equal(machine.cycles, 1)
  t.strictSame(second, first)
  t.strictSame(third, first)
})

test('a request id that was used for another command or machine is a conflict', async (t) => {
  const { clock, start } = bench()
  const named = { 'power/request-id': 'a' }
  const other = fakeDriver({ clock, key: '192.0.2.2:623' })
  await clock.run(start('poweron', named))
  await t.rejects(start('poweroff', named), { code: 'OBJECT_CONFLICT' })
  await t.rejects(start('poweron', named, other.driver), { code: 'OBJECT_CONFLICT' })
  t.same(other.machine.commands, [])
})

test('a request that failed before anything was sent can be repeated under its name', async (t) => {
  const { clock, start } = bench({ faults: { status: ['credentials'] } })
  const named = { 'power/request-id': 'a' }
  await t.rejects(clock.run(start('poweron', named)), { code: 'AUTH_FAILED' })
  t.match(await clock.run(start('poweron', named)), { Power: 'on', Changed: true })
})

test('a request whose outcome is unknown stays so, and is not run again', async (t) => {
  const { clock, start, machine } = bench({ power: 'on', faults: { cycle: ['vanished'] } })
  const named = { 'power/request-id': 'a' }
  for (let time = 0; time < 2; time++)
    await t.rejects(clock.run(start('powercycle', named)), { code: 'OUTCOME_UNKNOWN' })
  t.equal(machine.commands.filter((name) => name === 'cycle').length, 1)
})

test('a result is forgotten after an hour', async (t) => {
  const { clock, start, machine } = bench({ power: 'on' })
  const named = { 'power/request-id': 'a' }
  await clock.run(start('powercycle', named))
  await clock.pass(3_600_001)
  await clock.run(start('powercycle', named))
  t.equal(machine.cycles, 2)
})

test('no more than ten thousand results are remembered', async (t) => {
  const { once } = memoryCoordinator(new VirtualClock())
  const ask = (requestId: string) => {
    const signal = new AbortController().signal
    return once({ requestId, subject: 'powercycle', signal, findOut: async () => 'found out' }, async () => {
      runs += 1
      return 'done'
    })
  }
  let runs = 0
  for (const requestId of ['first', 'first']) await ask(requestId)
  t.equal(runs, 1)
  for (let index = 0; index < 10_000; index++) await ask(`other-${index}`)
  await ask('first')
  t.equal(runs, 10_002)
})

const fault = fc.constantFrom('ok', 'busy', 'timeout', 'lost', 'vanished', 'hang')
const faults = (max: number) => fc.array(fault, { maxLength: max })
const caseOfFaults = fc.record({
  status: faults(12),
  cycle: faults(4),
  restartMark: faults(3),
  outcomeOf: faults(3),
  restartCounter: fc.boolean(),
  slowMs: fc.integer({ min: 0, max: 9000 }),
  offMs: fc.integer({ min: 0, max: 90_000 }),
  repeats: fc.integer({ min: 1, max: 4 }),
})

test('whatever is lost, one request cycles once at most, and none is called done that was not', async (t) => {
  await fc.assert(
    fc.asyncProperty(caseOfFaults, async ({ repeats, restartCounter, slowMs, offMs, ...commandFaults }) => {
      const { clock, start, machine } = bench({ power: 'on', restartCounter, slowMs, offMs, faults: commandFaults })
      const named = { 'power/request-id': 'once', 'power/timeout': 120 }
      const ends = await clock.run(
        Promise.allSettled(Array.from({ length: repeats }, () => start('powercycle', named))),
      )
      if (machine.cycles > 1) return false
      return ends.every((end) => end.status === 'rejected' || machine.cycles === 1)
    }),
    { numRuns: 300 },
  )
  t.pass('300 cases')
})

test('whatever is lost, commands to one BMC never run over each other and every action ends', async (t) => {
  const verb = fc.constantFrom<PowerVerb>('poweron', 'poweroff', 'powercycle', 'powerstatus', 'powerreset')
  await fc.assert(
    fc.asyncProperty(fc.array(verb, { minLength: 2, maxLength: 6 }), caseOfFaults, async (verbs, given) => {
      const { slowMs, offMs, status, cycle } = given
      const { clock, start } = bench({ power: 'on', slowMs, offMs, faults: { status, cycle, on: cycle, off: status } })
      const ends = await clock.run(Promise.allSettled(verbs.map((name) => start(name))))
      return ends.every((end) => end.status === 'fulfilled' || end.reason.name === 'PowerbusError')
    }),
    { numRuns: 200 },
  )
  t.pass('200 cases')
})

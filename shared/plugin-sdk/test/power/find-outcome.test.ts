import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import type { Commit, Coordinator, OnceClaim, Sent } from '../../src/power/coordinator.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { memoryCoordinator } from '../../src/power/store-coordinator.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { type FakeOptions, type Fault, fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

/** When the process that runs a request ends: before a change leaves, or before anybody hears of its end. */
type Death = 'before the send' | 'after the send'

/** Replicas by what they share. The one that runs the request `lost` dies as told, each time that it is asked, until no death is left. */
function mortalCoordinator(shared: Coordinator, deaths: Death[]): Coordinator {
  const recorded = new Map<string, Sent>()
  return {
    hold: shared.hold,
    async once<Result>({ requestId, findOut }: OnceClaim<Result>, work: (commit: Commit) => Promise<Result>) {
      const gone = new PowerbusError('SHUTTING_DOWN', 'the process is gone')
      const death = requestId === 'lost' ? deaths.shift() : undefined
      const commit: Commit = async (sent) => {
        if (sent) recorded.set(requestId, sent)
        if (death === 'before the send') throw gone
      }
      const sent = recorded.get(requestId)
      const result = await (sent ? findOut(sent, commit) : work(commit))
      if (death) throw gone
      return result
    },
  }
}

function bench(deaths: Death[], options: Omit<FakeOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const coordinator = mortalCoordinator(memoryCoordinator(clock), deaths)
  const engine = createPowerEngine({ clock, random: () => 0.5, coordinator })
  const { driver, machine } = fakeDriver({ clock, power: 'on', restartCounter: true, ...options })
  const ask = (verb: PowerVerb, requestId: string) =>
    clock.run(engine.power(verb, driver, powerContext(verb, { 'power/request-id': requestId })))
  return { ask, machine }
}

const gone = { code: 'SHUTTING_DOWN' }
const done = { Power: 'on', Changed: true, Verified: true }

for (const verb of ['powercycle', 'powerreset'] as const) {
  test(`a ${verb} that was sent is found to be done, where only reads came since`, async (t) => {
    const { ask } = bench(['after the send'])
    await t.rejects(ask(verb, 'lost'), gone)
    t.match(await ask('powerstatus', 'other'), { Power: 'on' })
    t.match(await ask('poweron', 'another'), { Changed: false }, 'nor is a change what does not have to be sent')
    t.match(await ask(verb, 'lost'), done)
  })

  for (const death of ['before the send', 'after the send'] as const)
    for (const other of ['powercycle', 'powerreset', 'poweroff'] as const)
      test(`a ${verb} whose process ended ${death} is not called done after a ${other} of somebody else`, async (t) => {
        const { ask, machine } = bench([death])
        await t.rejects(ask(verb, 'lost'), gone)
        await ask(other, 'culprit')
        const restarts = machine.cycles + machine.resets
        const failure = await ask(verb, 'lost').catch((error: unknown) => error)
        t.match(failure, { code: 'OUTCOME_UNKNOWN', message: /culprit/ })
        t.equal(machine.cycles + machine.resets, restarts)
      })

  test(`a ${verb} that was not sent is called done after a restart by hand, which looks the same`, async (t) => {
    const { ask, machine } = bench(['before the send'])
    await t.rejects(ask(verb, 'lost'), gone)
    Object.assign(machine, { resets: 1 })
    t.match(await ask(verb, 'lost'), done)
  })
}

test('a shutdown that was sent is found to be done where the machine is off, and only reads came since', async (t) => {
  const { ask, machine } = bench(['after the send'], { shutdownMs: 0 })
  await t.rejects(ask('powershutdown', 'lost'), gone)
  t.match(await ask('powershutdown', 'lost'), { Power: 'off', Changed: true, Verified: true, Attempts: 1 })
  t.equal(machine.commands.filter((name) => name === 'soft').length, 1)
})

test('a shutdown whose machine is on, or was switched off by somebody else, is unknown, and not sent again', async (t) => {
  for (const other of ['powerstatus', 'poweroff'] as const) {
    const { ask, machine } = bench(['before the send'])
    await t.rejects(ask('powershutdown', 'lost'), gone)
    await ask(other, 'other')
    await t.rejects(ask('powershutdown', 'lost'), { code: 'OUTCOME_UNKNOWN' })
    t.equal(machine.commands.filter((name) => name === 'soft').length, 0)
  }
})

test('a process that finds the BMC silent says that the outcome is unknown, and the next one looks again', async (t) => {
  const clock = new VirtualClock()
  const local = memoryCoordinator(clock)
  let isGone = true
  const coordinator: Coordinator = {
    hold: (claim, work) =>
      local.hold(claim, (lease) =>
        work({
          ...lease,
          assertHeld() {
            if (isGone && machine.cycles > 0) throw new PowerbusError('SHUTTING_DOWN', 'the process is gone')
          },
        }),
      ),
    once: local.once,
  }
  const engine = createPowerEngine({ clock, random: () => 0.5, coordinator })
  const faults = { status: ['ok'] as Fault[] }
  const { driver, machine } = fakeDriver({ clock, power: 'on', restartCounter: true, faults })
  const ask = () =>
    clock.run(engine.power('powercycle', driver, powerContext('powercycle', { 'power/request-id': 'a' })))
  await t.rejects(ask(), gone)
  isGone = false
  faults.status.push(...Array<Fault>(40).fill('timeout'))
  await t.rejects(ask(), { code: 'OUTCOME_UNKNOWN', message: /power\/request-id/ })
  faults.status.length = 0
  t.match(await ask(), done)
  t.equal(machine.cycles, 1)
})

test('a process that ends while it finds out changes nothing of what the next one finds', async (t) => {
  const { ask } = bench(['after the send', 'after the send', 'after the send'])
  for (let time = 0; time < 3; time += 1) await t.rejects(ask('powercycle', 'lost'), gone)
  t.match(await ask('powercycle', 'lost'), done)
})

test('a cycle that found the machine off goes on with switching it on, and says so, however often its process ends', async (t) => {
  const { ask, machine } = bench(['before the send', 'before the send', 'after the send', 'after the send'], {
    power: 'off',
  })
  for (let time = 0; time < 4; time += 1) await t.rejects(ask('powercycle', 'lost'), gone)
  t.match(await ask('powercycle', 'lost'), done)
  t.equal(machine.commands.filter((name) => name === 'on').length, 1)
  t.equal(machine.cycles, 0)
})

test('a cycle that found the machine off does not claim the power-on of somebody else', async (t) => {
  const { ask, machine } = bench(['before the send'], { power: 'off' })
  await t.rejects(ask('powercycle', 'lost'), gone)
  await ask('poweron', 'other')
  t.match(await ask('powercycle', 'lost'), { Power: 'on', Changed: false, Verified: true })
  t.equal(machine.cycles, 0)
})

test('a cycle that found the machine off switches it on again, where somebody else has switched it off', async (t) => {
  const { ask, machine } = bench(['after the send'], { power: 'off' })
  await t.rejects(ask('powercycle', 'lost'), gone)
  await ask('poweroff', 'other')
  t.match(await ask('powercycle', 'lost'), done)
  t.equal(machine.cycles, 0)
})

test('a restart is no evidence of an interrupt whose process ended, whatever mark was recorded before it', async (t) => {
  const clock = new VirtualClock()
  const { hold } = memoryCoordinator(clock)
  const commit = async () => undefined
  const coordinator: Coordinator = {
    hold: (claim, work) =>
      hold(claim, (lease) =>
        work({ ...lease, lastChanger: async () => ({ turn: 7, atMs: 0, command: 'powerdiag', requestId: 'lost' }) }),
      ),
    once: ({ findOut }) => findOut({ operation: 'diag', mark: 'another', turn: 7 }, commit),
  }
  const engine = createPowerEngine({ clock, random: () => 0.5, coordinator })
  const { driver } = fakeDriver({ clock, power: 'on', restartCounter: true })
  const context = powerContext('powerdiag', { 'power/request-id': 'lost' })
  const end = clock.run(engine.power('powerdiag', driver, context))
  t.match(await end.catch((error: unknown) => error), { code: 'OUTCOME_UNKNOWN' })
})

import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { type ErrorCode, PowerbusError } from '../../src/errors.ts'
import type { Coordinator } from '../../src/power/coordinator.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { memoryCoordinator } from '../../src/power/store-coordinator.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

/** A turn that is lost with the error as soon as a change was sent. */
function bench(code: ErrorCode) {
  const clock = new VirtualClock()
  const local = memoryCoordinator(clock)
  const { driver, machine } = fakeDriver({ clock, power: 'on', restartCounter: true })
  const coordinator: Coordinator = {
    once: local.once,
    hold: (claim, work) =>
      local.hold(claim, (lease) =>
        work({
          ...lease,
          assertHeld() {
            if (machine.cycles + machine.resets > 0 || machine.power === 'off') throw new PowerbusError(code, 'gone')
          },
        }),
      ),
  }
  const engine = createPowerEngine({ clock, random: () => 0.5, coordinator })
  const ask = (verb: PowerVerb, params = {}) => clock.run(engine.power(verb, driver, powerContext(verb, params)))
  return { ask, machine }
}

for (const code of ['LEASE_LOST', 'SHUTTING_DOWN'] as const) {
  test(`${code} after a cycle or reset without a request id is an unknown outcome, which must not be repeated`, async (t) => {
    for (const verb of ['powercycle', 'powerreset'] as const) {
      const { ask, machine } = bench(code)
      const failure = await ask(verb).catch((error: unknown) => error)
      t.match(failure, { code: 'OUTCOME_UNKNOWN', retry: false, cause: { code } }, verb)
      t.equal(machine.cycles + machine.resets, 1)
    }
  })

  test(`${code} after what may be repeated, or under a request id, is said as it is, and may be repeated`, async (t) => {
    await t.rejects(bench(code).ask('poweroff'), { code, retry: true })
    await t.rejects(bench(code).ask('powercycle', { 'power/request-id': 'a' }), { code, retry: true })
  })
}

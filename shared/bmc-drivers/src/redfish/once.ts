import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { RedfishError, textAt } from '@powerbus/redfish'
import { allows, readPower, reset } from './power.ts'
import { powerOf } from './power-word.ts'
import { isRefusal, redfishFailure } from './redfish-failure.ts'
import type { Visit } from './visit.ts'

/** Between off and on, where a cycle is made of both: power supplies discharge. */
const OFF_MS = 10_000
const POLL_MS = 1000

/** PowerCycle where the BMC has it; else off, wait, on. */
export async function cycle(visit: Visit): Promise<void> {
  const system = await visit.system()
  if (await allows(visit, system, 'PowerCycle')) {
    try {
      return await reset(visit, system, ['PowerCycle'])
    } catch (error) {
      // Listed or guessed, and refused: nothing was done.
      if (!(error instanceof PowerbusError) || error.code !== 'CAPABILITY_UNSUPPORTED') throw error
    }
  }
  await offAndOn(visit)
}

/** By the rules of this BMC. Not for those whose rule is `ipmi`. */
export async function restart(visit: Visit): Promise<void> {
  const { reset: how = ['ForceRestart'] } = await visit.rules()
  if (how === 'off-on') return offAndOn(visit)
  await reset(visit, await visit.system(), how as readonly string[])
}

export async function interrupt(visit: Visit): Promise<void> {
  await reset(visit, await visit.system(), ['Nmi'])
}

/** PushPowerButton would switch on a machine that is off by now. */
export async function shutDown(visit: Visit): Promise<void> {
  const system = await visit.system()
  const isOn = powerOf(textAt(system.body, 'PowerState')) === 'on'
  await reset(visit, system, ['GracefulShutdown', ...(isOn ? ['PushPowerButton'] : [])])
}

/**
 * A failure after ForceOff is no reason to begin anew: what is left is said as the outcome is not known. Where ForceOff is refused,
 * nothing was done.
 */
async function offAndOn(visit: Visit): Promise<void> {
  await reset(visit, await visit.system(), ['ForceOff'])
  try {
    while ((await readPower(visit, 'off')) !== 'off') if (!(await visit.budget.sleep(POLL_MS))) throw late(visit)
    if (!(await visit.budget.sleep(Math.min(OFF_MS, visit.budget.remainingMs / 2)))) throw late(visit)
    await switchOn(visit)
  } catch (error) {
    const failure = redfishFailure(error, true)
    if (failure instanceof PowerbusError && failure.code === 'OUTCOME_UNKNOWN') throw failure
    const why = failure instanceof Error ? failure.message : String(failure)
    throw new PowerbusError(
      'OUTCOME_UNKNOWN',
      `${visit.key}: power was switched off for a restart, and on is not known to be done: ${why}`,
      { cause: error },
    )
  }
}

/** Some BMCs refuse `On` for a while after an off. */
async function switchOn(visit: Visit): Promise<void> {
  for (;;) {
    try {
      return await reset(visit, await visit.system(), ['On', 'ForceOn'])
    } catch (error) {
      const mayPass = isRefusal(error) || (error instanceof RedfishError && ['conflict', 'busy'].includes(error.kind))
      if (!mayPass || !(await visit.budget.sleep(POLL_MS))) throw error
      if ((await readPower(visit, 'on')) === 'on') return
    }
  }
}

function late({ key }: Visit): PowerbusError {
  return new PowerbusError('OUTCOME_UNKNOWN', `${key} is not off yet after ForceOff, and on was not sent`)
}

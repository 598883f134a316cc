import { ChassisControl, chassisControl } from '../commands/chassis-control.ts'
import { getChassisStatus } from '../commands/get-chassis-status.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import { findRestart, readRestartMark } from './find-restart.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'

export type PowerVerb = 'on' | 'off' | 'cycle' | 'reset' | 'soft' | 'diag'

export interface PowerResult {
  /** The power state as last read; after `soft` it may still be about to change. */
  readonly power: 'on' | 'off'
  /** A command that changes something was executed. */
  readonly changed: boolean
  /** The outcome was seen, and not only acknowledged. */
  readonly verified: boolean
}

const FIRST_POLL_MS = 100
const MOST_POLL_MS = 2000
const POLL_GROWTH = 1.6
/** How long traces of an acknowledged cycle or reset are looked for, in milliseconds. */
const ACKNOWLEDGED_WATCH_MS = 1000
/** How long a machine that was cycled may stay off, in milliseconds. */
const BACK_ON_MS = 15_000

/** The power state as the BMC reports it now: one command. Throws IpmiError. */
export async function readPower(session: IpmiSession): Promise<'on' | 'off'> {
  return (await session.send(getChassisStatus)).powerOn ? 'on' : 'off'
}

/**
 * Does what the verb says, once. `on` and `off` send nothing to a machine that is so already, and else poll until it is, or throw `timeout`
 * at the run's deadline. `cycle` switches on a machine that is off. `soft` on a machine that is off does nothing. `reset` and `diag` on one
 * throw `completion` with D5h. `cycle`, `reset` and `diag` are never sent twice: where the answer is lost, the outcome is found out, or
 * `unknown-outcome` is thrown. Throws IpmiError.
 */
export async function controlPower(session: IpmiSession, verb: PowerVerb): Promise<PowerResult> {
  const power = await readPower(session)
  switch (verb) {
    case 'on':
    case 'off':
      return power === verb ? unchanged(power) : switchTo(session, verb)
    case 'cycle':
      return power === 'off' ? switchTo(session, 'on') : restart(session, ChassisControl.powerCycle)
    case 'reset':
      if (power === 'off') throw notWhileOff(session, verb)
      return restart(session, ChassisControl.hardReset)
    case 'soft':
      if (power === 'off') return unchanged(power)
      await session.send(chassisControl, { control: ChassisControl.softShutdown })
      return { power, changed: true, verified: false }
    case 'diag':
      if (power === 'off') throw notWhileOff(session, verb)
      await session.send(chassisControl, { control: ChassisControl.diagnosticInterrupt })
      return { power, changed: true, verified: false }
  }
}

function unchanged(power: 'on' | 'off'): PowerResult {
  return { power, changed: false, verified: true }
}

async function switchTo(session: IpmiSession, wanted: 'on' | 'off'): Promise<PowerResult> {
  const control = wanted === 'on' ? ChassisControl.powerUp : ChassisControl.powerDown
  await session.send(chassisControl, { control })
  for (let delayMs = FIRST_POLL_MS; ; delayMs = Math.min(MOST_POLL_MS, delayMs * POLL_GROWTH)) {
    const power = await readPower(session)
    if (power === wanted) return { power, changed: true, verified: true }
    if (session.remainingMs() <= delayMs) {
      throw new IpmiError(
        'timeout',
        session.address,
        `power ${wanted} was acknowledged, but the BMC still reports ${power}`,
      )
    }
    await session.sleep(delayMs)
  }
}

/** Sends once. An acknowledged command is watched for a moment, for the caller's sake; a lost answer is found out about. */
async function restart(session: IpmiSession, control: number): Promise<PowerResult> {
  const before = await readRestartMark(session)
  try {
    await session.send(chassisControl, { control })
  } catch (error) {
    if (!(error instanceof IpmiError) || error.kind !== 'unknown-outcome') throw error
    if ((await findRestart(session, before)) === 'unknown') throw error
    return { power: await powerAgain(session), changed: true, verified: true }
  }
  const verified = (await findRestart(session, before, ACKNOWLEDGED_WATCH_MS)) === 'done'
  return { power: await powerAgain(session), changed: true, verified }
}

/** A cycled machine comes back after its off time (seconds); so long is waited, and then what the BMC says is taken. */
async function powerAgain(session: IpmiSession): Promise<'on' | 'off'> {
  const untilMs = session.nowMs() + Math.min(BACK_ON_MS, session.remainingMs() - MOST_POLL_MS)
  for (let delayMs = FIRST_POLL_MS; ; delayMs = Math.min(MOST_POLL_MS, delayMs * POLL_GROWTH)) {
    const power = await readPower(session)
    if (power === 'on' || session.nowMs() + delayMs > untilMs) return power
    await session.sleep(delayMs)
  }
}

function notWhileOff(session: IpmiSession, verb: PowerVerb): IpmiError {
  const completionCode = CompletionCode.NotInPresentState
  return new IpmiError('completion', session.address, `${verb}: the machine is off (D5h)`, { completionCode })
}

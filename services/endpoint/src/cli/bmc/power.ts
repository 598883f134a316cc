import {
  ChassisControl,
  type ChassisControlName,
  chassisControl,
  getChassisStatus,
  IpmiError,
  type IpmiSession,
} from 'node-ipmi'
import { CliError } from '../cli-error.ts'

/** Back-off between two looks at the power state, in milliseconds. */
const FIRST_LOOK_MS = 200
const LONGEST_LOOK_MS = 5000
/** Kept free at the end of the session's time, to say what the state was, in milliseconds. */
const REPORT_MS = 250

export type PowerState = 'on' | 'off'

/** What became of a power verb; the same names as in the ipmi plugin's results. */
export interface PowerResult {
  readonly Power: PowerState
  /** Whether anything was sent that changes the machine. */
  readonly Changed: boolean
  /** Whether the state was seen to hold afterwards. */
  readonly Verified: boolean
}

export async function readPower(session: IpmiSession): Promise<PowerState> {
  return (await session.send(getChassisStatus)).powerOn ? 'on' : 'off'
}

/** On or off: nothing is sent to a machine that is there already, and what was sent is seen to hold. */
export async function switchPower(session: IpmiSession, wanted: PowerState): Promise<PowerResult> {
  if ((await readPower(session)) === wanted) return { Power: wanted, Changed: false, Verified: true }
  await control(session, wanted === 'on' ? 'powerUp' : 'powerDown')
  await waitFor(session, wanted)
  return { Power: wanted, Changed: true, Verified: true }
}

/** One power cycle, never two; a machine that is off is powered on. */
export async function cycle(session: IpmiSession): Promise<PowerResult> {
  if ((await readPower(session)) === 'off') return switchPower(session, 'on')
  try {
    await control(session, 'powerCycle')
  } catch (error) {
    if (!(error instanceof IpmiError) || error.kind !== 'unknown-outcome') throw error
    // Its answer was lost. Seen off, it was done, for nothing else takes the power away; else nobody can tell.
    if ((await readPower(session)) === 'on') throw error
  }
  await waitFor(session, 'on')
  return { Power: 'on', Changed: true, Verified: true }
}

/** Reset and diagnostic interrupt: sent once, to a machine that is on; a BMC refuses them where it is off. */
export async function onceWhileOn(
  session: IpmiSession,
  verb: 'hardReset' | 'diagnosticInterrupt',
): Promise<PowerResult> {
  await control(session, verb)
  return { Power: await readPower(session), Changed: true, Verified: true }
}

/** Asks the operating system to shut down, and does not wait until it has. */
export async function askShutdown(session: IpmiSession): Promise<PowerResult> {
  if ((await readPower(session)) === 'off') return { Power: 'off', Changed: false, Verified: true }
  await control(session, 'softShutdown')
  return { Power: await readPower(session), Changed: true, Verified: false }
}

async function control(session: IpmiSession, verb: ChassisControlName): Promise<void> {
  await session.send(chassisControl, { control: ChassisControl[verb] })
}

async function waitFor(session: IpmiSession, wanted: PowerState): Promise<void> {
  const startedMs = session.nowMs()
  for (
    let pauseMs = FIRST_LOOK_MS;
    (await readPower(session)) !== wanted;
    pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS)
  ) {
    if (session.remainingMs() < pauseMs + REPORT_MS) {
      const seconds = ((session.nowMs() - startedMs) / 1000).toFixed(1)
      throw new CliError(`${session.address}: told to go ${wanted}, but not ${wanted} after ${seconds} s`)
    }
    await session.sleep(pauseMs)
  }
}

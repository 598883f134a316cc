import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { FinalChange } from './coordinator.ts'
import type { PowerState } from './driver.ts'
import { seconds, type Turn, type Work } from './turn.ts'

/** How long a BMC that refused `on` or `off` as not possible in this state is watched for being in the wanted one. */
const REFUSED_WATCH_MS = 2000
/** How often `on` or `off` is sent where PowerDriver.resendMs is set. */
const MOST_SENDS = 3

export interface PowerOutcome {
  readonly power: PowerState
  /** A command that changes something was executed. */
  readonly changed: boolean
  /** The BMC's state or the driver's evidence shows it; false where it was acknowledged only. */
  readonly verified: boolean
}

export async function powerStatus(turn: Turn<Able<'status'>>): Promise<PowerOutcome> {
  return { power: await readStatus(turn), changed: false, verified: true }
}

export async function powerOn(turn: Turn<Able<'status' | 'on'>>): Promise<PowerOutcome> {
  return switchTo(turn, 'on', (bmc, call) => bmc.on(call))
}

export async function powerOff(turn: Turn<Able<'status' | 'off'>>): Promise<PowerOutcome> {
  return switchTo(turn, 'off', (bmc, call) => bmc.off(call))
}

/** Switches, unless it is so already, and waits for the state. */
export async function switchTo<Connection extends Able<'status'>>(
  turn: Turn<Connection>,
  wanted: PowerState,
  send: Work<Connection, void>,
  /** Given where the machine is known to be in the other state. */
  final?: FinalChange,
): Promise<PowerOutcome> {
  if (!final && (await readStatus(turn, wanted)) === wanted) return { power: wanted, changed: false, verified: true }
  const firstMs = wanted === 'on' ? (turn.firstLooks?.onMs ?? 0) : 0
  const { resendMs } = turn
  for (let sends = 1; ; sends++) {
    try {
      await turn.change(send, final)
    } catch (error) {
      // A BMC may refuse, as not possible in this state, what an earlier transmission or somebody else has done meanwhile.
      if (!(error instanceof PowerbusError) || error.code !== 'TARGET_STATE') throw error
      if ((await watch(turn, wanted, { withinMs: REFUSED_WATCH_MS })).last !== wanted) throw error
      return { power: wanted, changed: true, verified: true }
    }
    const isLast = resendMs === undefined || sends === MOST_SENDS || turn.remainingMs() <= resendMs
    if (isLast) return { power: await waitFor(turn, wanted, firstMs), changed: true, verified: true }
    const { last } = await watch(turn, wanted, { withinMs: resendMs, firstMs })
    if (last === wanted) return { power: wanted, changed: true, verified: true }
  }
}

/** `wanted` as for PowerConnection.status. */
export function readStatus(turn: Turn<Able<'status'>>, wanted?: PowerState): Promise<PowerState> {
  return turn.read((bmc, call) => bmc.status(call, wanted))
}

/** Polls until the state holds. Throws TARGET_TIMEOUT with what was last reported. */
async function waitFor(turn: Turn<Able<'status'>>, wanted: PowerState, firstMs: number): Promise<PowerState> {
  const startedMs = turn.nowMs()
  const { last } = await watch(turn, wanted, { firstMs })
  if (last === wanted) return wanted
  const reported = last ? `it last reported ${last}` : 'it did not answer any more'
  const waited = seconds(turn.nowMs() - startedMs)
  throw new PowerbusError(
    'TARGET_TIMEOUT',
    `${turn.key} is not ${wanted} ${waited} s after power ${wanted}: ${reported}`,
  )
}

/** What polls of the power state have shown. */
export interface Watched {
  /** What was reported last; undefined where no poll was answered. */
  readonly last: PowerState | undefined
  /** The last poll was not answered. */
  readonly isSilent: boolean
}

export interface WatchLimits {
  /** Milliseconds; until the deadline where absent. */
  readonly withinMs?: number
  /** Milliseconds before the first poll; 0 where absent. */
  readonly firstMs?: number
  /** Most milliseconds between two polls. */
  readonly mostMs?: number
  /** Ends with the first poll that is not answered, which may take longer than `withinMs`. */
  readonly untilSilent?: boolean
}

/** Polls until the machine reports that state. */
export async function watch(
  turn: Turn<Able<'status'>>,
  wanted: PowerState,
  limits: WatchLimits = {},
): Promise<Watched> {
  const { withinMs = Number.POSITIVE_INFINITY, firstMs, mostMs, untilSilent = false } = limits
  const endMs = turn.nowMs() + withinMs
  let watched: Watched = { last: undefined, isSilent: true }
  for (let poll = 0; await turn.pollAgain(poll, endMs, mostMs, firstMs); poll++) {
    const now = await turn.poll((bmc, call) => bmc.status(call, wanted), untilSilent ? undefined : endMs)
    watched = { last: now ?? watched.last, isSilent: now === undefined }
    if (now === wanted || (untilSilent && now === undefined)) break
  }
  return watched
}

import { getChassisStatus } from '../commands/get-chassis-status.ts'
import { getSystemRestartCause, RestartCause } from '../commands/get-system-restart-cause.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'

const POLL_MS = 250
const DEFAULT_WATCH_MS = 5000

/** What a restart changes, as the BMC reports it. */
export interface RestartMark {
  readonly powerOn: boolean
  /** The last power-on was by an IPMI command. */
  readonly commandOn: boolean
  /** Undefined where the BMC does not have the command. */
  readonly restartCause: number | undefined
}

/** Reads the mark: taken before a cycle or reset, and compared after its answer was lost. Throws IpmiError. */
export async function readRestartMark(session: IpmiSession): Promise<RestartMark> {
  const { powerOn, lastEventCommandOn } = await session.send(getChassisStatus)
  return { powerOn, commandOn: lastEventCommandOn, restartCause: await restartCause(session) }
}

/**
 * Whether a cycle or reset whose answer was lost was executed: `done` where the power is seen off, the last power-on has become one by command,
 * or the restart cause has become a chassis control command; `unknown` where nothing tells, which is no proof that it was not.
 * Watches for `watchMs` milliseconds at most, on any session with that BMC. A diagnostic interrupt leaves no such trace. Throws IpmiError.
 */
export async function findRestart(
  session: IpmiSession,
  before: RestartMark,
  watchMs: number = DEFAULT_WATCH_MS,
): Promise<'done' | 'unknown'> {
  const untilMs = session.nowMs() + Math.min(watchMs, session.remainingMs() - POLL_MS)
  for (;;) {
    if (showsRestart(before, await readRestartMark(session))) return 'done'
    if (session.nowMs() + POLL_MS > untilMs) return 'unknown'
    await session.sleep(POLL_MS)
  }
}

function showsRestart(before: RestartMark, now: RestartMark): boolean {
  if (before.powerOn && !now.powerOn) return true
  if (!before.commandOn && now.commandOn) return true
  return now.restartCause === RestartCause.chassisControl && now.restartCause !== before.restartCause
}

async function restartCause(session: IpmiSession): Promise<number | undefined> {
  try {
    return (await session.send(getSystemRestartCause)).cause
  } catch (error) {
    if (error instanceof IpmiError && error.completionCode === CompletionCode.InvalidCommand) return undefined
    throw error
  }
}

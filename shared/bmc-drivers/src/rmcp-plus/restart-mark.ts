import { getChassisStatus, getSystemRestartCause, type IpmiSession, type PowerReading, RestartCause } from 'node-ipmi'
import { unlessRefused } from './ipmi-failure.ts'

/** What a restart changes, as the BMC reports it. Kept by callers as JSON. */
interface RestartMark {
  readonly powerOn: boolean
  /** The last power-on was by an IPMI command. */
  readonly commandOn: boolean
  /** Undefined where the BMC does not have the command, or did not say. */
  readonly restartCause: number | undefined
}

/** A power state that was read so long ago at most is not read again for the mark, in milliseconds. */
const RECENT_MS = 1000

/**
 * The mark as text: read before a cycle or reset, and compared after it. Throws IpmiError. `known`: what this session read
 * last.
 */
export async function readRestartMark(session: IpmiSession, known?: PowerReading): Promise<string> {
  const recent = known !== undefined && session.nowMs() - known.atMs <= RECENT_MS ? known : undefined
  return JSON.stringify(await readMark(session, recent))
}

/**
 * Whether a cycle or reset was executed since the mark was read: `done` where the power is off now, the last power-on has become one by
 * command, or the restart cause has become a chassis control command; `unknown` where nothing tells, which is no proof that it was not.
 * Throws IpmiError.
 */
export async function compareRestartMark(session: IpmiSession, markBefore: string): Promise<'done' | 'unknown'> {
  return showsRestart(JSON.parse(markBefore), await readMark(session)) ? 'done' : 'unknown'
}

function showsRestart(before: RestartMark, now: RestartMark): boolean {
  if (before.powerOn && !now.powerOn) return true
  if (!before.commandOn && now.commandOn) return true
  // A cause that was not read before may have been the same.
  const { restartCause } = before
  return (
    restartCause !== undefined && restartCause !== now.restartCause && now.restartCause === RestartCause.chassisControl
  )
}

async function readMark(session: IpmiSession, known?: PowerReading): Promise<RestartMark> {
  const { powerOn, lastEventCommandOn } = known ?? (await session.send(getChassisStatus))
  const restartCause = (await unlessRefused(session, () => session.send(getSystemRestartCause)))?.cause
  return { powerOn, commandOn: lastEventCommandOn, restartCause }
}

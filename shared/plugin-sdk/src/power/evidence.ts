import type { OnceOperation, PowerConnection } from './driver.ts'
import type { Turn } from './turn.ts'

/** Longest wait for the mark: some BMCs never answer the command that it is read with, and a change does not need it. */
const MARK_MS = 5000
/** Between two looks for a trace. */
const TRACE_POLL_MS = 500

/** PowerConnection.restartMark; undefined where the driver or this BMC has none. */
export async function readMark(turn: Turn<PowerConnection>): Promise<string | undefined> {
  if (!turn.has('restartMark')) return undefined
  return turn.poll(async (bmc, call) => bmc.restartMark?.(call), turn.nowMs() + MARK_MS)
}

/**
 * Whether the driver has evidence, within the time, that the operation was done. A restart is none of a diagnostic interrupt or of a
 * shutdown: the operating system, or somebody else, may have caused it.
 */
export async function showsDone(
  turn: Turn<PowerConnection>,
  operation: OnceOperation,
  mark: string | undefined,
  withinMs = 0,
): Promise<boolean> {
  if ((operation !== 'cycle' && operation !== 'reset') || mark === undefined || !turn.has('outcomeOf')) return false
  const isDone = async () => (await turn.read(async (bmc, call) => bmc.outcomeOf?.(operation, mark, call))) === 'done'
  const endMs = turn.nowMs() + withinMs
  if (await isDone()) return true
  for (let poll = 1; await turn.pollAgain(poll, endMs, TRACE_POLL_MS); poll++) if (await isDone()) return true
  return false
}

import { within } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'

/** How long work may go on after its signal was aborted, to say what it knows, before it is answered for. */
const GRACE_MS = 1_000

export interface Limits {
  /** Milliseconds, more than 0. */
  readonly timeoutMs: number
  /** Aborted when the plugin must end at once; its reason is the error to answer with. */
  readonly shutdown: AbortSignal
}

/**
 * Starts work with a signal that is aborted at the deadline and at shutdown, and answers for work that ignores it: with
 * the signal's reason, one second later. An error of our own table that the work throws after the abort says more than
 * the reason, and is passed on; a foreign one is the abort itself.
 * @throws PowerbusError DEADLINE_EXCEEDED
 */
export async function withinDeadline<T>(limits: Limits, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeoutMs = Math.max(limits.timeoutMs, 1)
  const late = () => new PowerbusError('DEADLINE_EXCEEDED', `Not done within ${timeoutMs} ms`)
  return await within({ timeoutMs, signal: limits.shutdown, late, graceMs: GRACE_MS }, async (signal) => {
    try {
      return await start(signal)
    } catch (error) {
      throw signal.aborted && !(error instanceof PowerbusError) ? signal.reason : error
    }
  })
}

import { type ErrorCode, PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { FinalChange } from './coordinator.ts'
import type { OnceOperation, PowerState } from './driver.ts'
import { showsDone } from './evidence.ts'
import type { Turn, Work } from './turn.ts'

/** Longest look at a machine whose BMC did not answer the command. */
const LOOK_MS = 5000
/** Least time left for the second send: the verdict that nothing answered it takes 10 s of it. */
const RESEND_MS = 12_000

/** An operation that must not be done twice, for a machine that is on. */
export interface Order<Connection> {
  readonly operation: OnceOperation
  /** PowerConnection.restartMark from before it, where there is one. */
  readonly mark?: string | undefined
  readonly send: Work<Connection, void>
  /** power/resend. */
  readonly resend: boolean
}

/** `done`: the machine shows it. `lost`: it may have arrived, and the answer is missing. */
export type OnceEnd = 'done' | 'acknowledged' | 'lost'

/**
 * Sends the operation once; once more with `resend` where the BMC did not answer the first one while it answered all else, and the
 * machine, looked at anew, is on and shows no trace. Throws NOT_ANSWERED where it was most likely not executed in the end.
 */
export async function sendOnce<Connection extends Able<'status'>>(
  turn: Turn<Connection>,
  { operation, mark, send, resend }: Order<Connection>,
): Promise<OnceEnd> {
  for (let attempt = 1; ; attempt++) {
    const final: FinalChange = { operation, ...(mark !== undefined && { mark }), ...(attempt > 1 && { attempt }) }
    const end = await turn.changeOnce(final, send).catch((error: unknown) => {
      // An error that says "not sent", or "refused", is true of the second send alone.
      if (attempt === 1 || !isSilent(error)) throw error
      throw notAnswered(turn.key, operation, `It was sent once, and could not be sent again: ${error.message}`, error)
    })
    if (end !== 'not-answered') return end
    const power = await unlessSilent(turn.poll((bmc, call) => bmc.status(call), turn.nowMs() + LOOK_MS))
    const isDone =
      power === 'off' ? goesOff(operation) : power && (await unlessSilent(showsDone(turn, operation, mark)))
    if (isDone) return 'done'
    const against = attempt > 1 ? TWICE : resend ? reasonAgainst(power, turn.remainingMs()) : NOT_ALLOWED
    if (against !== undefined) throw notAnswered(turn.key, operation, against)
  }
}

const TWICE = 'It was sent twice, in two sessions, and is not sent again'
const NOT_ALLOWED = 'It was sent once; power/resend (--resend of powerbus bmc) would send it once more'

function reasonAgainst(power: PowerState | undefined, leftMs: number): string | undefined {
  if (power === undefined) return 'It was sent once, and not again, because the BMC does not answer any more'
  if (power === 'off') return 'It was sent once, and not again, because the machine is off'
  return leftMs < RESEND_MS ? 'It was sent once, and no time is left to send it again: raise power/timeout' : undefined
}

/** A machine that was on, and is off, shows that it was done. */
function goesOff(operation: OnceOperation): boolean {
  return operation === 'cycle' || operation === 'soft'
}

/** Errors of a look that say nothing about the machine: after a command that was sent once they are not the action's error. */
const SILENT: readonly ErrorCode[] = [
  'TARGET_TIMEOUT',
  'TARGET_UNREACHABLE',
  'TARGET_BUSY',
  'AUTH_FAILED',
  'IPMI_COMPLETION',
  'TARGET_REFUSED',
  'DEADLINE_EXCEEDED',
]

export function isSilent(error: unknown): error is PowerbusError {
  return error instanceof PowerbusError && SILENT.includes(error.code)
}

/** What a look shows; undefined where the machine could not be looked at, or the action was given up meanwhile. */
export async function unlessSilent<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look
  } catch (error) {
    if (isSilent(error)) return undefined
    throw error
  }
}

function notAnswered(key: string, operation: OnceOperation, against: string, cause?: PowerbusError): PowerbusError {
  return new PowerbusError(
    'NOT_ANSWERED',
    `${key} did not answer power ${operation} in 10 s, and answered everything else: it was most likely not executed. ${against}`,
    cause && { cause },
  )
}

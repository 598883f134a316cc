import { type ErrorCode, PowerbusError } from '../errors.ts'
import type { Commit, Sent } from './coordinator.ts'

/** Turn, store or process was lost on the way: whoever asks next for the same request goes on from what is recorded. */
const OPEN: readonly ErrorCode[] = ['LEASE_LOST', 'STORE_UNAVAILABLE', 'SHUTTING_DOWN']

/** Whether it leaves open how the request ends. */
export function isOpenEnd(error: unknown): error is PowerbusError {
  return error instanceof PowerbusError && OPEN.includes(error.code)
}

/**
 * Runs a request without a name, for which nobody can ask again. Throws OUTCOME_UNKNOWN for an open end after a change that must
 * not be sent twice: asking anew would be another one.
 */
export async function withoutName<Result>(run: (commit: Commit) => Promise<Result>): Promise<Result> {
  const sent: Sent[] = []
  try {
    return await run(async (sending) => {
      if (sending && sending.operation !== 'on') sent.push(sending)
    })
  } catch (error) {
    if (!sent[0] || !isOpenEnd(error)) throw error
    throw new PowerbusError(
      'OUTCOME_UNKNOWN',
      `power ${sent[0].operation} was sent or about to be, and then this came: ${error.message}. Look at the machine before repeating it; power/request-id would let another replica find out`,
      { cause: error },
    )
  }
}

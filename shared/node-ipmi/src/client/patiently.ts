import { CompletionCode, isPassing } from '../spec/completion-code.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'

/** How often, and after which pause in milliseconds, a busy BMC is asked again. */
const MOST_ASKED = 4
const BUSY_PAUSE_MS = 250

/**
 * Asks again while the BMC answers that it cannot answer now (busy, initialising, in an update). Throws what the last of
 * four questions throws. For questions that may be repeated. §5.2.
 */
export async function patiently<T>(session: IpmiSession, ask: () => Promise<T>): Promise<T> {
  for (let asked = 1; ; asked++) {
    try {
      return await ask()
    } catch (error) {
      const code = completionCodeOf(error)
      if (asked === MOST_ASKED || code === undefined || !isPassing(code)) throw error
    }
    await session.sleep(BUSY_PAUSE_MS)
  }
}

/** The completion code by which the BMC refused; undefined for any other error. */
export function completionCodeOf(error: unknown): number | undefined {
  if (!(error instanceof IpmiError) || error.kind !== 'completion') return undefined
  return error.completionCode ?? CompletionCode.Unspecified
}

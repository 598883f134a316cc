import { type Clock, PowerbusError } from '@powerbus/plugin-sdk'
import { pause } from '@powerbus/turns'

const POLL_MS = 500

/** Polls `look` until it gives a value. Throws DEADLINE_EXCEEDED on abort; `goesOn` says which work continues. */
export async function untilOver<T>(
  look: () => Promise<T | undefined>,
  clock: Clock,
  signal: AbortSignal,
  goesOn: string,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await pause(POLL_MS, signal, clock)
    if (signal.aborted)
      throw new PowerbusError(
        'DEADLINE_EXCEEDED',
        `${goesOn} in the background, but the action's time is over: see /plugin-apis/NAME/status for its outcome`,
        { cause: signal.reason },
      )
  }
}

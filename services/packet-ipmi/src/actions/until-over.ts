import { type Clock, PowerbusError } from '@powerbus/plugin-sdk'

const LOOK_MS = 500

/**
 * Looks until `look` gives something. When the action's time is over, the error says what goes on without it.
 * Throws DEADLINE_EXCEEDED.
 */
export async function untilOver<T>(
  look: () => Promise<T | undefined>,
  clock: Clock,
  signal: AbortSignal,
  goesOn: string,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    try {
      await clock.sleep(LOOK_MS, signal)
    } catch (cause) {
      throw new PowerbusError('DEADLINE_EXCEEDED', `${goesOn}, and was not waited for any longer`, { cause })
    }
  }
}

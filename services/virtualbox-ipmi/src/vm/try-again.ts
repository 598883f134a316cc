import { type Call, type Clock, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import { leftUntil } from './power-state.ts'

const PAUSE_MS = 500

/**
 * Repeats the work every 500 ms while it fails with an error that `passes` and the call's time is not over. Throws the
 * last failure. `tries`: failed attempts so far.
 */
export async function tryAgain<T>(
  { signal, timeoutMs }: Call,
  passes: (error: PowerbusError) => boolean,
  work: (left: Call, tries: number) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const endMs = clock.nowMs() + timeoutMs
  for (let tries = 0; ; tries++) {
    try {
      return await work({ signal, timeoutMs: leftUntil(endMs, clock) }, tries)
    } catch (error) {
      if (!(error instanceof PowerbusError && passes(error)) || clock.nowMs() + PAUSE_MS > endMs) throw error
      await clock.sleep(PAUSE_MS, signal)
    }
  }
}

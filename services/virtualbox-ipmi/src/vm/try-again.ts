import { type Call, PowerbusError, systemClock } from '@powerbus/plugin-sdk'

const PAUSE_MS = 500

/**
 * Does the work again, every half second, while it fails in a way that `passes` and the call's time is not over. Throws the last failure.
 * `tries`: how often it has failed before.
 */
export async function tryAgain<T>(
  { signal, timeoutMs }: Call,
  passes: (error: PowerbusError) => boolean,
  work: (left: Call, tries: number) => Promise<T>,
): Promise<T> {
  const endMs = systemClock.nowMs() + timeoutMs
  for (let tries = 0; ; tries++) {
    try {
      return await work({ signal, timeoutMs: Math.max(1, endMs - systemClock.nowMs()) }, tries)
    } catch (error) {
      const isFinal = !(error instanceof PowerbusError && passes(error)) || systemClock.nowMs() + PAUSE_MS > endMs
      if (isFinal) throw error
      await systemClock.sleep(PAUSE_MS, signal)
    }
  }
}

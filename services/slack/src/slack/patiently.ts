import type { Clock } from '@powerbus/turns'
import { slackFailure } from './slack-failure.ts'

/** Most tries of a call that fails in a way that may pass. */
const TRIES = 3
const PAUSE_MS = 300

/**
 * Makes a call that only reads; waits after 429, and tries again after failures that may pass. Throws the last error.
 */
export async function patiently<T>(request: () => Promise<T>, signal: AbortSignal, clock: Clock): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await request()
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind === 'limited') await clock.sleep(failure.retryAfterMs, signal)
      else {
        failures += 1
        if ((failure.kind !== 'unsent' && failure.kind !== 'unsure') || failures >= TRIES) throw error
        await clock.sleep(PAUSE_MS * failures, signal)
      }
    }
  }
}

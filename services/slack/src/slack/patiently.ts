import type { Clock } from '@powerbus/turns'
import { slackFailure } from './slack-failure.ts'

const PAUSE_MS = 300

/**
 * Makes a call; waits after 429, and makes it up to `tries` times while it fails in a way that may pass: once unless it
 * only reads. Throws the last error, and the signal's reason.
 */
export async function patiently<T>(
  request: () => Promise<T>,
  signal: AbortSignal,
  clock: Clock,
  tries = 3,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await request()
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind === 'limited') await clock.sleep(failure.retryAfterMs, signal)
      else {
        failures += 1
        if ((failure.kind !== 'unsent' && failure.kind !== 'unsure') || failures >= tries) throw error
        await clock.sleep(PAUSE_MS * failures, signal)
      }
    }
  }
}

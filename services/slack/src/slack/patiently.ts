import { setTimeout as sleep } from 'node:timers/promises'
import { slackFailure } from './slack-failure.ts'

/** Tries where a call fails in a way that may pass. */
const TRIES = 3
const PAUSE_MS = 300

/** Calls that only read: waits where Slack says 429, tries what may pass a few times more. Rejects with what the last one did. */
export async function patiently<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await request()
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind === 'limited') await sleep(failure.retryAfterMs, undefined, { signal })
      else {
        failures += 1
        if ((failure.kind !== 'unsent' && failure.kind !== 'unsure') || failures >= TRIES) throw error
        await sleep(PAUSE_MS * failures, undefined, { signal })
      }
    }
  }
}

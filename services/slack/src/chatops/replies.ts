import type { Logger } from '@powerbus/plugin-sdk'
import { pause } from '@powerbus/turns'
import type { WebClient } from '@slack/web-api'
import { slackFailure } from '../slack/slack-failure.ts'
import type { Press } from './press.ts'

const TRIES = 4
const PAUSE_MAX_MS = 30_000

export interface ReplyTools {
  readonly slack: WebClient
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Answers a press in the thread of its message. Never throws. */
export async function replyInThread({ channel, threadTs }: Press, text: string, tools: ReplyTools): Promise<void> {
  await send(() => tools.slack.chat.postMessage({ channel, thread_ts: threadTs, text, unfurl_links: false }), tools)
}

/**
 * Answers only to the user who pressed, in the channel, because an ephemeral message in a thread shows only while the
 * thread is open. Never throws.
 */
export async function replyToUser({ channel, user }: Press, text: string, tools: ReplyTools): Promise<void> {
  await send(() => tools.slack.chat.postEphemeral({ channel, user: user.id, text }), tools)
}

/** Tries again only after 429: an answer of unknown outcome may have been posted. */
async function send(call: () => Promise<unknown>, { log, signal }: ReplyTools): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await call()
      return
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind !== 'limited' || tries === TRIES || signal.aborted) {
        log.warn('an answer to a button could not be posted', { error: String(error) })
        return
      }
      await pause(Math.min(failure.retryAfterMs, PAUSE_MAX_MS), signal)
    }
  }
}

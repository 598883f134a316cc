import type { Logger } from '@powerbus/plugin-sdk'
import { systemClock } from '@powerbus/turns'
import type { WebClient } from '@slack/web-api'
import { patiently } from '../slack/patiently.ts'
import type { Press } from './press.ts'

/** Longest wait while Slack answers 429. */
const LIMITED_MS = 120_000

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
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMITED_MS)])
    await patiently(call, limit, systemClock, 1)
  } catch (error) {
    log.warn('an answer to a button could not be posted', { error: String(error) })
  }
}

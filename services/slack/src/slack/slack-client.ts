import { WebClient } from '@slack/web-api'
import { quietSlackLogger } from './quiet-slack-logger.ts'

export interface SlackClientOptions {
  readonly key: string
  readonly apiUrl: string
  readonly timeoutMs: number
}

/** Requests under way at a time: each channel has one at most. */
const CONCURRENCY = 1000

/** Slack's own client without what it does by itself: no retries, no waiting for rate limits (it would hold all channels up), no log. */
export function slackClient({ key, apiUrl, timeoutMs }: SlackClientOptions): WebClient {
  return new WebClient(key, {
    slackApiUrl: apiUrl,
    timeout: timeoutMs,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    maxRequestConcurrency: CONCURRENCY,
    allowAbsoluteUrls: false,
    // The caller reports failures, without what was sent.
    logger: quietSlackLogger(),
  })
}

import { type FetchFunction, WebClient } from '@slack/web-api'
import { quietSlackLogger } from './quiet-slack-logger.ts'

export interface SlackClientOptions {
  readonly key: string
  readonly apiUrl: string
  readonly timeoutMs: number
  readonly fetch: FetchFunction
}

/** Most requests under way; each channel has at most one. */
const CONCURRENCY = 1000

/**
 * Slack's client without retries, without waits for rate limits (they would hold up all channels) and without a log.
 */
export function slackClient({ key, apiUrl, timeoutMs, fetch }: SlackClientOptions): WebClient {
  return new WebClient(key, {
    slackApiUrl: apiUrl,
    timeout: timeoutMs,
    fetch,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    maxRequestConcurrency: CONCURRENCY,
    allowAbsoluteUrls: false,
    // The caller reports failures, without the payload.
    logger: quietSlackLogger(),
  })
}

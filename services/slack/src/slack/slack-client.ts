import { type Logger, LogLevel, WebClient } from '@slack/web-api'

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
    logger: silent,
  })
}

/** What fails is told by whoever called, without what was sent. */
const nothing = () => undefined
const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
}

import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api'
import { kindOfCode, type RefusalKind } from './slack-codes.ts'
import { NotSentError } from './slack-transport.ts'

/** Failure of a call of the Web API. `limited`: 429, or what a refusal is about (`RefusalKind`). */
export type SlackFailure = LimitedFailure | OtherFailure

export interface LimitedFailure {
  readonly kind: 'limited'
  readonly reason: string
  readonly retryAfterMs: number
}

export interface OtherFailure {
  readonly kind: RefusalKind
  /** Slack's code, else in words. */
  readonly reason: string
  /** The scope that the key lacks. */
  readonly needed?: string
}

/** Pause after a 429 without Retry-After, in milliseconds. */
const LIMITED_MS = 30_000

export function slackFailure(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'limited', reason: 'ratelimited', retryAfterMs: error.retryAfter * 1000 }
  }
  if (error instanceof WebAPIPlatformError) return ofPlatform(error)
  if (error instanceof WebAPIHTTPError) {
    // Slack itself answers 200 or 429; other codes come from a proxy or an outage.
    return { kind: error.statusCode >= 500 ? 'unsure' : 'unsent', reason: `HTTP ${error.statusCode}` }
  }
  if (error instanceof WebAPIRequestError) {
    if (error.original instanceof NotSentError) return { kind: 'unsent', reason: error.original.message }
    return { kind: 'unsure', reason: causeCode(error.original) ?? error.original.name }
  }
  return { kind: 'unsure', reason: error instanceof Error ? error.message : String(error) }
}

function ofPlatform({ data }: WebAPIPlatformError): SlackFailure {
  const { error: code } = data
  // The body was no JSON, so the answer is lost.
  if (!/^[a-z][a-z0-9_]*$/i.test(code)) return { kind: 'unsure', reason: 'an answer that is no JSON' }
  if (code === 'ratelimited' || code === 'rate_limited') {
    const seconds = data.response_metadata?.retryAfter
    return { kind: 'limited', reason: code, retryAfterMs: seconds === undefined ? LIMITED_MS : seconds * 1000 }
  }
  const needed = 'needed' in data ? data.needed : undefined
  return { kind: kindOfCode(code) ?? 'message', reason: code, ...(typeof needed === 'string' && { needed }) }
}

function causeCode(error: Error): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return undefined
}

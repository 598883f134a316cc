import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api'

/**
 * Failure of a call of the Web API. `limited`: 429. `unsent`: not done, may work later. `unsure`: may have been done.
 * `gone`: its message or thread cannot be edited or answered. `message`, `channel`, `workspace`: Slack refuses this
 * message, all messages to this channel, or this key.
 */
export type SlackFailure = LimitedFailure | OtherFailure

export interface LimitedFailure {
  readonly kind: 'limited'
  readonly reason: string
  readonly retryAfterMs: number
}

export interface OtherFailure {
  readonly kind: 'unsent' | 'unsure' | 'gone' | 'message' | 'channel' | 'workspace'
  /** Slack's code, else in words. */
  readonly reason: string
  /** The scope that the key lacks. */
  readonly needed?: string
}

/** Pause after a 429 without Retry-After, in milliseconds. */
const LIMITED_MS = 30_000

/** https://docs.slack.dev/reference/methods/chat.postMessage#errors. Other codes are about the message. */
const codes: Readonly<Record<Exclude<OtherFailure['kind'], 'message'>, readonly string[]>> = {
  unsure: ['internal_error', 'fatal_error', 'request_timeout'],
  unsent: ['service_unavailable', 'team_added_to_org', 'message_limit_exceeded'],
  gone: [
    'message_not_found',
    'thread_not_found',
    'invalid_thread_ts',
    'edit_window_closed',
    'cant_update_message',
    'cannot_reply_to_message',
    'restricted_action_non_threadable_channel',
    'restricted_action_thread_locked',
  ],
  channel: [
    'channel_not_found',
    'is_archived',
    'not_in_channel',
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
    'channel_type_not_supported',
    'method_not_supported_for_channel_type',
    'ekm_access_denied',
    'no_permission',
    'access_denied',
  ],
  workspace: [
    'invalid_auth',
    'not_authed',
    'account_inactive',
    'token_revoked',
    'token_expired',
    'missing_scope',
    'not_allowed_token_type',
    'org_login_required',
    'team_access_not_granted',
    'accesslimited',
    'invalid_app_id',
  ],
}

/** Codes of failures before the connection was made, so that nothing was sent. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

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
    const code = causeCode(error.original)
    const isUnsent = code !== undefined && NOT_CONNECTED.has(code)
    return { kind: isUnsent ? 'unsent' : 'unsure', reason: code ?? error.original.name }
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
  const kind = (Object.keys(codes) as (keyof typeof codes)[]).find((one) => codes[one].includes(code)) ?? 'message'
  return { kind, reason: code, ...(typeof needed === 'string' && { needed }) }
}

function causeCode(error: Error): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return undefined
}

import type { WebClient } from '@slack/web-api'
import type { Channel } from './directory.ts'
import { type OtherFailure, type SlackFailure, slackFailure } from './slack-failure.ts'

/** A conversation that the bot can post to without being a member, and the id by which operators name it. */
export interface ReachedChannel extends Channel {
  readonly wanted: string
}

export type Reached =
  | { readonly channel: ReachedChannel }
  /** Why it cannot be posted to, and what to do. */
  | { readonly reason: string }
  /** Slack did not say. */
  | { readonly failure: SlackFailure }

const USER = /^[UW][A-Z0-9]{2,}$/
const CHANNEL = /^C[A-Z0-9]{2,}$/
const DIRECT = /^D[A-Z0-9]{2,}$/

/** Whether this is an id that may be reached although the bot's conversations do not have it. */
export function isReachable(wanted: string): boolean {
  return USER.test(bare(wanted)) || CHANNEL.test(wanted) || DIRECT.test(wanted)
}

/**
 * Opens the direct message with a user (U... or W...), or looks a public channel up by its id. `call` makes one request,
 * and waits after a 429. `scopes`: of the bot token, as far as Slack names them.
 */
export async function reachChannel(
  client: WebClient,
  wanted: string,
  scopes: readonly string[] | undefined,
  call: <T>(request: () => Promise<T>) => Promise<T>,
): Promise<Reached> {
  if (DIRECT.test(wanted)) return { channel: { id: wanted, name: '', wanted } }
  const isUser = USER.test(bare(wanted))
  try {
    if (isUser) {
      const { channel } = await call(() => client.conversations.open({ users: bare(wanted) }))
      if (channel?.id === undefined) return { reason: 'Slack opened no direct message' }
      return { channel: { id: channel.id, name: '', wanted } }
    }
    const { channel } = await call(() => client.conversations.info({ channel: wanted }))
    if (channel?.is_archived) return { reason: 'the channel is archived' }
    if (channel?.is_private) return { reason: INVITE }
    if (scopes?.includes('chat:write.public') === false) {
      return { reason: `${INVITE}, or give the app the scope chat:write.public` }
    }
    return { channel: { id: wanted, name: channel?.name ?? '', wanted } }
  } catch (error) {
    const failure = slackFailure(error)
    if (failure.kind === 'limited' || failure.kind === 'unsent' || failure.kind === 'unsure') return { failure }
    return { reason: refusal(failure, isUser) }
  }
}

const INVITE = 'the bot is not in this channel: invite it there with /invite'

function refusal({ reason, needed }: OtherFailure, isUser: boolean): string {
  if (reason === 'missing_scope') {
    const scope = needed ?? (isUser ? 'im:write' : 'channels:read')
    return `the app lacks the scope ${scope}: add it under OAuth & Permissions, and reinstall the app`
  }
  if (reason === 'channel_not_found') return `${INVITE}, or correct the id`
  return isUser ? `Slack opens no direct message with this user (${reason})` : `Slack refuses it (${reason})`
}

function bare(wanted: string): string {
  return wanted.replace(/^@/, '')
}

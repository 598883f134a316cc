import { PowerbusError } from '@powerbus/plugin-sdk'
import type { WebClient } from '@slack/web-api'
import type { OtherFailure } from './slack-failure.ts'

/** What the bot token must be allowed to do; the history is read before a message is posted again whose answer was lost. */
export const neededScopes = [
  'chat:write',
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
] as const

export interface Bot {
  readonly userId: string
  readonly name: string
  readonly team: string
}

/** Who the key belongs to. Rejects with what the client does, and with PARAM_INVALID that names a scope that it lacks. */
export async function checkKey(client: WebClient, call: <T>(request: () => Promise<T>) => Promise<T>): Promise<Bot> {
  const {
    user_id: userId = '',
    user: name = '',
    team = '',
    response_metadata: about,
  } = await call(() => client.auth.test())
  const lacks = about?.scopes && neededScopes.find((scope) => !about.scopes?.includes(scope))
  if (lacks !== undefined) throw lacksScope(lacks)
  return { userId, name, team }
}

/** A failure that lasts, as an error of ours that says what to do. */
export function keyError({ reason, needed }: OtherFailure): PowerbusError {
  if (reason === 'missing_scope') return lacksScope(needed ?? 'one that Slack does not name')
  const words: Readonly<Record<string, string>> = {
    not_allowed_token_type: 'it is no bot token: give the one that begins with xoxb-',
    token_revoked: 'it was revoked: reinstall the Slack app, and give its new bot token',
    token_expired: 'it has expired: switch token rotation off in the Slack app, and give a new bot token',
    account_inactive: 'its user or workspace is not active any more',
  }
  const what = words[reason] ?? 'check it under OAuth & Permissions of the Slack app, it begins with xoxb-'
  return new PowerbusError('AUTH_FAILED', `Slack does not accept slack/bot-key (${reason}): ${what}`)
}

function lacksScope(scope: string): PowerbusError {
  const text = `slack/bot-key lacks the scope ${scope}: add it under OAuth & Permissions of the Slack app, and reinstall the app`
  return new PowerbusError('PARAM_INVALID', `Param ${text}`)
}

import { PowerbusError } from '@powerbus/plugin-sdk'
import type { WebClient } from '@slack/web-api'
import type { OtherFailure } from './slack-failure.ts'

/** Scopes that the bot token needs; the history is read to find a message whose answer was lost. */
const neededScopes = ['chat:write', 'channels:read', 'groups:read', 'channels:history', 'groups:history']

/** The bot's name and team. Throws the client's errors, and PARAM_INVALID that names a scope that the key lacks. */
export async function checkKey(client: WebClient, call: <T>(request: () => Promise<T>) => Promise<T>) {
  const { user, team, response_metadata: about } = await call(() => client.auth.test())
  const missing = about?.scopes && neededScopes.find((scope) => !about.scopes?.includes(scope))
  if (missing !== undefined) throw missesScope(missing)
  return { name: user, team }
}

const remedies: Readonly<Record<string, string>> = {
  not_allowed_token_type: 'it is not a bot token: set the one that begins with xoxb-',
  token_revoked: 'it was revoked: reinstall the Slack app, and set its new bot token',
  token_expired: 'it has expired: switch token rotation off in the Slack app, and set a new bot token',
  account_inactive: 'its user or workspace is no longer active',
}

/** The PowerbusError for a failure that lasts, with what to do. */
export function keyError({ reason, needed }: OtherFailure): PowerbusError {
  if (reason === 'missing_scope') return missesScope(needed ?? 'that Slack does not name')
  const remedy = remedies[reason] ?? 'check it under OAuth & Permissions of the Slack app, it begins with xoxb-'
  return new PowerbusError('AUTH_FAILED', `Slack refuses slack/bot-key (${reason}): ${remedy}`)
}

function missesScope(scope: string): PowerbusError {
  const remedy = 'add it under OAuth & Permissions of the Slack app, and reinstall the app'
  return new PowerbusError('PARAM_INVALID', `Param slack/bot-key lacks the scope ${scope}: ${remedy}`)
}

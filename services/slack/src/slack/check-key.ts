import { PowerbusError } from '@powerbus/plugin-sdk'
import type { OtherFailure } from './slack-failure.ts'

/** Scopes that the bot token needs; the history is read to find a message whose answer was lost. */
const neededScopes = ['chat:write', 'channels:read', 'groups:read', 'channels:history', 'groups:history']

/** The failure of a key with these scopes that lacks one; undefined if it has all, or Slack does not name its scopes. */
export function scopeFailure(scopes: readonly string[] | undefined): OtherFailure | undefined {
  const needed = scopes && neededScopes.find((scope) => !scopes.includes(scope))
  return needed === undefined ? undefined : { kind: 'workspace', reason: 'missing_scope', needed }
}

const remedies: Readonly<Record<string, string>> = {
  not_allowed_token_type: 'it is not a bot token: set the one that begins with xoxb-',
  token_revoked: 'it was revoked: reinstall the Slack app, and set its new bot token',
  token_expired: 'it has expired: switch token rotation off in the Slack app, and set a new bot token',
  account_inactive: 'its user or workspace is no longer active',
  enterprise_is_restricted: 'install the Slack app in a workspace, not in the whole organisation',
  two_factor_setup_required:
    'its workspace asks for two-factor authentication: set it up for the account that installed the app',
  app_access_restricted: 'its workspace does not let the app act: ask an administrator to approve it',
  accesslimited: 'its workspace takes no calls from this network: ask an administrator to add its address',
}

/** The PowerbusError for a failure that lasts, with what to do. */
export function keyError({ reason, needed = 'that Slack does not name' }: OtherFailure): PowerbusError {
  if (reason === 'missing_scope') {
    const remedy = 'add it under OAuth & Permissions of the Slack app, and reinstall the app'
    return new PowerbusError('PARAM_INVALID', `Param slack/bot-key lacks the scope ${needed}: ${remedy}`)
  }
  const remedy = remedies[reason] ?? 'check it under OAuth & Permissions of the Slack app, it begins with xoxb-'
  return new PowerbusError('AUTH_FAILED', `Slack refuses slack/bot-key (${reason}): ${remedy}`)
}

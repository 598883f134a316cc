import { PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import type { SlackParams } from '../params.ts'
import { type ProxySettings, proxySettings } from '../slack/proxy-settings.ts'
import { ACKNOWLEDGE } from './commands.ts'

/** Settings of the buttons. */
export interface ChatSettings {
  readonly params: SlackParams
  readonly appToken: Secret
  readonly proxy: ProxySettings
  /** Principals by the id of the Slack user. */
  readonly principals: ReadonlyMap<string, string>
  /** Commands that have a button. */
  readonly commands: ReadonlySet<string>
}

const DEFAULT_COMMANDS = ['poweron', 'powerstatus', ACKNOWLEDGE]
const PRINCIPAL = /^[\p{L}\p{N}_.:@+/-]{1,100}$/u

/**
 * Undefined if buttons are off: no app token, or nobody may press them. Throws PARAM_INVALID for a token of the wrong
 * kind and for a principal that events cannot name.
 */
export function readChatSettings(params: SlackParams): ChatSettings | undefined {
  const appToken = params['slack/app-token']
  const commands = readButtons(params)
  if (!appToken?.reveal() || !commands) return undefined
  if (!appToken.reveal().startsWith('xapp-')) {
    const text = 'slack/app-token: an app-level token begins with xapp-; a bot token goes into slack/bot-key'
    throw new PowerbusError('PARAM_INVALID', text)
  }
  const principals = new Map(Object.entries(params['slack/users'] ?? {}))
  for (const [id, principal] of principals) {
    if (PRINCIPAL.test(principal)) continue
    const text = `slack/users: ${id} must be a name of 1 to 100 letters, digits and _.:@+/-, such as user:ada`
    throw new PowerbusError('PARAM_INVALID', text)
  }
  return { params, appToken, proxy: proxySettings(params['slack/proxy']), principals, commands }
}

type ButtonParams = Pick<SlackParams, 'slack/allow-users' | 'slack/allow-groups' | 'slack/allow-actions'>

/** Commands that have a button; undefined if nobody may press one. */
export function readButtons(params: ButtonParams): ReadonlySet<string> | undefined {
  const people = [...(params['slack/allow-users'] ?? []), ...(params['slack/allow-groups'] ?? [])]
  return people.length === 0 ? undefined : new Set(params['slack/allow-actions'] ?? DEFAULT_COMMANDS)
}

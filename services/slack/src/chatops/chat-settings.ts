import { PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import { appToken, users } from '../params.ts'
import type { SlackParams } from '../settings/read-settings.ts'
import { ACKNOWLEDGE } from './commands.ts'

/** Settings of the buttons: users, groups and commands. */
export interface ChatSettings {
  readonly appToken: Secret
  readonly apiUrl: string
  /** Principals by the id of the Slack user. */
  readonly principals: ReadonlyMap<string, string>
  readonly users: ReadonlySet<string>
  readonly groups: readonly string[]
  readonly commands: ReadonlySet<string>
}

const DEFAULT_COMMANDS = ['poweron', 'powerstatus', ACKNOWLEDGE]

/**
 * Undefined if buttons are off: no app token, or nobody may press them. Throws PARAM_INVALID for a token of the wrong
 * kind and for a principal that events cannot name.
 */
export function readChatSettings(params: SlackParams): ChatSettings | undefined {
  const token = params['slack/app-token']
  const commands = readButtons(params)
  if (token === undefined || token.reveal() === '' || commands === undefined) return undefined
  if (!token.reveal().startsWith('xapp-')) {
    const text = `${appToken.name}: an app-level token begins with xapp-; a bot token goes into slack/bot-key`
    throw new PowerbusError('PARAM_INVALID', text)
  }
  return {
    appToken: token,
    apiUrl: params['slack/api-url'],
    principals: principalsOf(params['slack/users'] ?? {}),
    users: new Set(params['slack/allow-users']),
    groups: params['slack/allow-groups'] ?? [],
    commands,
  }
}

type ButtonParams = Pick<SlackParams, 'slack/allow-users' | 'slack/allow-groups' | 'slack/allow-actions'>

/** Commands that have a button; undefined if nobody may press one. */
export function readButtons(params: ButtonParams): ReadonlySet<string> | undefined {
  const people = [...(params['slack/allow-users'] ?? []), ...(params['slack/allow-groups'] ?? [])]
  return people.length === 0 ? undefined : new Set(params['slack/allow-actions'] ?? DEFAULT_COMMANDS)
}

const PRINCIPAL = /^[\p{L}\p{N}_.:@+/-]{1,100}$/u

function principalsOf(given: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const principals = new Map<string, string>()
  for (const [id, principal] of Object.entries(given)) {
    if (typeof principal !== 'string' || !PRINCIPAL.test(principal)) {
      const text = `${users.name}: ${id} must be a name of 1 to 100 letters, digits and _.:@+/-, such as user:ada`
      throw new PowerbusError('PARAM_INVALID', text)
    }
    principals.set(id, principal)
  }
  return principals
}

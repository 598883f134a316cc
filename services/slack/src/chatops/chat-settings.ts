import { PowerbusError, Secret } from '@powerbus/plugin-sdk'
import { apiUrl, appToken } from '../params.ts'
import { ACKNOWLEDGE } from './commands.ts'
import { allowActions, allowGroups, allowUsers, users } from './params.ts'

/** Who may do what by pressing buttons. */
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
 * Undefined where buttons are off: no app token, or nobody who may press them. Throws PARAM_INVALID for a token of the wrong kind
 * and for a principal that no event could name.
 */
export function readChatSettings(params: Readonly<Record<string, unknown>>): ChatSettings | undefined {
  const token = params[appToken.name]
  const commands = readButtons(params)
  if (!(token instanceof Secret) || token.reveal() === '' || commands === undefined) return undefined
  if (!token.reveal().startsWith('xapp-')) {
    const text = `${appToken.name}: an app-level token begins with xapp-; a bot token goes into slack/bot-key`
    throw new PowerbusError('PARAM_INVALID', text)
  }
  return {
    appToken: token,
    apiUrl: String(params[apiUrl.name] ?? apiUrl.schema.default),
    principals: principalsOf(params[users.name]),
    users: new Set(textsOf(params[allowUsers.name])),
    groups: textsOf(params[allowGroups.name]),
    commands,
  }
}

/** The commands that buttons are for; undefined where nobody may press any. */
export function readButtons(params: Readonly<Record<string, unknown>>): ReadonlySet<string> | undefined {
  const people = [...textsOf(params[allowUsers.name]), ...textsOf(params[allowGroups.name])]
  const given = params[allowActions.name]
  return people.length === 0 ? undefined : new Set(given === undefined ? DEFAULT_COMMANDS : textsOf(given))
}

const PRINCIPAL = /^[\p{L}\p{N}_.:@+/-]{1,100}$/u

function principalsOf(value: unknown): ReadonlyMap<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  for (const [id, principal] of entries) {
    if (typeof principal === 'string' && PRINCIPAL.test(principal)) continue
    const text = `${users.name}: ${id} must be a name of 1 to 100 letters, digits and _.:@+/-, such as user:ada`
    throw new PowerbusError('PARAM_INVALID', text)
  }
  return new Map(entries as [string, string][])
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

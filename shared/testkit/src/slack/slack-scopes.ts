import { SlackRefusal } from './slack-refusal.ts'

/** Default scopes of the bot token: all that the fake knows but chat:write.public. */
export const botScopes = [
  'chat:write',
  'channels:read',
  'groups:read',
  'im:read',
  'im:write',
  'im:history',
  'mpim:read',
  'channels:history',
  'groups:history',
  'users:read',
  'usergroups:read',
  'commands',
  'app_mentions:read',
] as const

/** Throws the refusal `missing_scope`, with needed and provided scopes, unless the token has one of `anyOf`. */
export function neededScope(provided: ReadonlySet<string>, anyOf: readonly string[]): void {
  if (anyOf.length === 0 || anyOf.some((scope) => provided.has(scope))) return
  throw new SlackRefusal('missing_scope', { needed: anyOf[0], provided: [...provided].join(',') })
}

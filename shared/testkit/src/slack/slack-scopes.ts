import { SlackRefusal } from './slack-refusal.ts'

/** What a bot token of the fake may do unless a test takes some away. */
export const botScopes = [
  'chat:write',
  'channels:read',
  'groups:read',
  'im:read',
  'mpim:read',
  'channels:history',
  'groups:history',
  'users:read',
  'usergroups:read',
  'commands',
  'app_mentions:read',
] as const

/** Throws `missing_scope`, with what is needed and what the token has, unless the token has one of them. */
export function neededScope(provided: ReadonlySet<string>, anyOf: readonly string[]): void {
  if (anyOf.length === 0 || anyOf.some((scope) => provided.has(scope))) return
  throw new SlackRefusal('missing_scope', { needed: anyOf[0], provided: [...provided].join(',') })
}

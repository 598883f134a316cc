import { flagOf, pageOf, type SlackArguments, textOf } from './slack-arguments.ts'
import type { SlackCaller, SlackMethod } from './slack-method.ts'
import { SlackRefusal } from './slack-refusal.ts'
import { neededScope } from './slack-scopes.ts'
import type { FakeChannel, FakeMessage, SlackWorkspace } from './slack-workspace.ts'

/** Scope that listing each kind of conversation needs. */
const LIST_SCOPES: Readonly<Record<string, string>> = {
  public_channel: 'channels:read',
  private_channel: 'groups:read',
  im: 'im:read',
  mpim: 'mpim:read',
}

/** Scope that reading each kind of conversation needs. */
const HISTORY_SCOPES: Readonly<Record<string, string>> = { private_channel: 'groups:history', im: 'im:history' }

export const conversationMethods: Readonly<Record<string, SlackMethod>> = {
  'users.conversations': {
    token: 'bot',
    scopes: Object.values(LIST_SCOPES),
    run: (args, caller) => listed(args, caller, ({ isMember }) => isMember),
  },
  'conversations.list': {
    token: 'bot',
    scopes: Object.values(LIST_SCOPES),
    run: (args, caller) => listed(args, caller, ({ isMember, isPrivate }) => isMember || !isPrivate),
  },
  'conversations.open': {
    token: 'bot',
    scopes: ['im:write', 'mpim:write'],
    run: (args, { workspace, scopes }) => {
      const [id, ...others] = textOf(args, 'users').split(',')
      if (id === undefined || id === '') throw new SlackRefusal('users_list_not_supplied')
      if (others.length > 0) throw new SlackRefusal('too_many_users')
      neededScope(scopes, ['im:write'])
      const user = workspace.users.find((known) => known.id === id)
      if (!user) throw new SlackRefusal('user_not_found')
      if (user.isDeleted) throw new SlackRefusal('user_disabled')
      if (user.isBot) throw new SlackRefusal('cannot_dm_bot')
      return { channel: { id: workspace.openDirect(id).id } }
    },
  },
  'conversations.info': {
    token: 'bot',
    scopes: ['channels:read', 'groups:read'],
    run: (args, { workspace }) => {
      const channel = workspace.channels.find(({ id }) => id === textOf(args, 'channel'))
      if (!channel || (channel.isPrivate && !channel.isMember)) throw new SlackRefusal('channel_not_found')
      return { channel: described(channel) }
    },
  },
  'conversations.history': {
    token: 'bot',
    scopes: ['channels:history', 'groups:history', 'im:history'],
    run: (args, caller) => {
      const channel = readable(args, caller)
      const isTop = ({ threadTs, ts, isBroadcast }: FakeMessage) =>
        isBroadcast || threadTs === undefined || threadTs === ts
      return messagesPage(caller.workspace.messagesIn(channel.id).filter(isTop).reverse(), args, caller)
    },
  },
  'conversations.replies': {
    token: 'bot',
    scopes: ['channels:history', 'groups:history', 'im:history'],
    run: (args, caller) => {
      const channel = readable(args, caller)
      const parent = caller.workspace.findMessage(channel.id, textOf(args, 'ts'))
      if (!parent) throw new SlackRefusal('thread_not_found')
      return messagesPage([parent, ...caller.workspace.answersTo(parent)], args, caller)
    },
  },
}

/** Slack removes archived channels after it has cut the page, so a page may be short or empty although more follow. */
function listed(args: SlackArguments, caller: SlackCaller, isShown: (channel: FakeChannel) => boolean) {
  const types = (textOf(args, 'types') || 'public_channel').split(',').map((type) => type.trim())
  for (const type of types) {
    const scope = LIST_SCOPES[type]
    if (scope === undefined) throw new SlackRefusal('invalid_types')
    neededScope(caller.scopes, [scope])
  }
  const ofTypes = caller.workspace.channels.filter((channel) => isShown(channel) && types.includes(typeOf(channel)))
  const { items, nextCursor } = pageOf(ofTypes, args, 100)
  const shown = flagOf(args, 'exclude_archived') ? items.filter(({ isArchived }) => !isArchived) : items
  return { channels: shown.map(described), response_metadata: { next_cursor: nextCursor } }
}

function typeOf({ isPrivate, user }: FakeChannel): string {
  if (user !== undefined) return 'im'
  return isPrivate ? 'private_channel' : 'public_channel'
}

function described({ id, name, isPrivate, isMember, isArchived, user }: FakeChannel) {
  if (user !== undefined) return { id, user, is_im: true, is_archived: isArchived }
  const kind = { is_channel: !isPrivate, is_group: isPrivate, is_im: false, is_private: isPrivate }
  return { id, name, name_normalized: name, ...kind, is_archived: isArchived, is_member: isMember }
}

function readable(args: SlackArguments, { workspace, scopes }: SlackCaller): FakeChannel {
  const channel = workspace.channels.find(({ id }) => id === textOf(args, 'channel'))
  if (!channel || (channel.isPrivate && !channel.isMember)) throw new SlackRefusal('channel_not_found')
  neededScope(scopes, [HISTORY_SCOPES[typeOf(channel)] ?? 'channels:history'])
  if (!channel.isMember) throw new SlackRefusal('not_in_channel')
  return channel
}

/** `oldest` and `latest` are exclusive unless `inclusive`. Metadata comes only with `include_all_metadata`. */
function messagesPage(messages: readonly FakeMessage[], args: SlackArguments, { workspace }: SlackCaller) {
  const [oldest, latest] = [Number(textOf(args, 'oldest') || 0), Number(textOf(args, 'latest') || Number.MAX_VALUE)]
  const isInclusive = flagOf(args, 'inclusive')
  const within = messages.filter(({ ts }) => {
    const at = Number(ts)
    return isInclusive ? at >= oldest && at <= latest : at > oldest && at < latest
  })
  const { items, nextCursor } = pageOf(within, args, 100)
  const withMetadata = flagOf(args, 'include_all_metadata')
  return {
    messages: items.map((message) => messageJson(message, workspace, withMetadata)),
    has_more: nextCursor !== '',
    ...(nextCursor === '' ? {} : { response_metadata: { next_cursor: nextCursor } }),
  }
}

/** A message in the JSON form of the Web API. */
export function messageJson(message: FakeMessage, workspace: SlackWorkspace, withMetadata: boolean) {
  const { ts, threadTs, isBroadcast, content, edits } = message
  const { botId, botUserId, appId, teamId: team } = workspace
  const last = edits.at(-1)
  const answers = workspace.answersTo(message)
  const latest = answers.at(-1)
  return {
    type: 'message',
    ...(isBroadcast && { subtype: 'thread_broadcast' }),
    user: botUserId,
    bot_id: botId,
    app_id: appId,
    team,
    ts,
    text: content.text,
    blocks: content.blocks,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs, parent_user_id: botUserId }),
    ...(latest ? { thread_ts: ts, reply_count: answers.length, latest_reply: latest.ts } : {}),
    ...(last ? { edited: { user: botUserId, ts: (last.atMs / 1000).toFixed(6) } } : {}),
    ...(withMetadata && content.metadata !== undefined ? { metadata: content.metadata } : {}),
  }
}

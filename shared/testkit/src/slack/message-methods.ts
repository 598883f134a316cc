import { checkBlocks } from './block-kit.ts'
import { messageJson } from './conversation-methods.ts'
import { flagOf, jsonOf, type SlackArguments, textOf } from './slack-arguments.ts'
import type { SlackCaller, SlackMethod } from './slack-method.ts'
import { SlackRefusal } from './slack-refusal.ts'
import type { FakeChannel, MessageContent } from './slack-workspace.ts'

/** Longest text in characters. Slack recommends 4,000 for posts and truncates above 40,000; edits accept 4,000. */
const POST_TEXT_MAX = 40_000
const EDIT_TEXT_MAX = 4000
/** Longest blocks as JSON, in characters. Undocumented, but users report the refusal msg_blocks_too_long. */
const BLOCKS_MAX = 13_000
const METADATA_MAX_BYTES = 16_384

export const messageMethods: Readonly<Record<string, SlackMethod>> = {
  'chat.postMessage': {
    token: 'bot',
    scopes: ['chat:write'],
    run: (args, caller) => {
      const { workspace } = caller
      const channel = writable(workspace.findChannel(textOf(args, 'channel')), caller)
      const content = contentOf(args, POST_TEXT_MAX)
      const threadTs = textOf(args, 'thread_ts')
      if (threadTs !== '' && !/^\d+\.\d{6}$/.test(threadTs)) throw new SlackRefusal('invalid_thread_ts')
      const inThread = threadTs === '' ? undefined : threadTs
      const isBroadcast = inThread !== undefined && flagOf(args, 'reply_broadcast')
      const message = workspace.post(channel.id, content, inThread, isBroadcast)
      return { channel: channel.id, ts: message.ts, message: messageJson(message, workspace, true) }
    },
  },
  'chat.update': {
    token: 'bot',
    scopes: ['chat:write'],
    run: (args, caller) => {
      const { workspace } = caller
      const channel = writable(channelById(args, caller), caller)
      const found = workspace.findMessage(channel.id, textOf(args, 'ts'))
      if (!found) throw new SlackRefusal('message_not_found')
      if (flagOf(args, 'reply_broadcast')) throw new SlackRefusal('no_dual_broadcast_content_update')
      const content = contentOf(args, EDIT_TEXT_MAX)
      // An edit without metadata keeps the old metadata.
      const metadata = content.metadata ?? found.content.metadata
      const message = workspace.edit(channel.id, found.ts, { ...content, metadata })
      return { channel: channel.id, ts: message.ts, text: content.text, message: messageJson(message, workspace, true) }
    },
  },
  'chat.delete': {
    token: 'bot',
    scopes: ['chat:write'],
    run: (args, caller) => {
      const channel = writable(channelById(args, caller), caller)
      const message = caller.workspace.findMessage(channel.id, textOf(args, 'ts'))
      if (!message) throw new SlackRefusal('message_not_found')
      message.isDeleted = true
      return { channel: channel.id, ts: message.ts }
    },
  },
  'chat.postEphemeral': {
    token: 'bot',
    scopes: ['chat:write'],
    run: (args, caller) => {
      const { workspace } = caller
      const channel = writable(channelById(args, caller), caller)
      const user = textOf(args, 'user')
      if (!workspace.users.some(({ id }) => id === user)) throw new SlackRefusal('user_not_in_channel')
      const { text } = contentOf(args, POST_TEXT_MAX)
      const threadTs = textOf(args, 'thread_ts') || undefined
      workspace.ephemerals.push({ channel: channel.id, user, threadTs, text, atMs: workspace.dateMs() })
      return { message_ts: workspace.nextTs() }
    },
  },
  'chat.getPermalink': {
    token: 'bot',
    scopes: [],
    run: (args, caller) => {
      const channel = channelById(args, caller)
      if (!channel) throw new SlackRefusal('channel_not_found')
      const message = caller.workspace.findMessage(channel.id, textOf(args, 'message_ts'))
      if (!message) throw new SlackRefusal('message_not_found')
      const permalink = `https://powerbus-test.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}`
      return { channel: channel.id, permalink }
    },
  },
}

function channelById(args: SlackArguments, { workspace }: SlackCaller): FakeChannel | undefined {
  return workspace.channels.find(({ id }) => id === textOf(args, 'channel'))
}

function writable(channel: FakeChannel | undefined, { scopes }: SlackCaller): FakeChannel {
  if (!channel || (channel.isPrivate && !channel.isMember)) throw new SlackRefusal('channel_not_found')
  if (channel.isArchived) throw new SlackRefusal('is_archived')
  if (!channel.isMember && !scopes.has('chat:write.public')) throw new SlackRefusal('not_in_channel')
  return channel
}

/** The content of a message from the arguments of a call. Throws the refusals that Slack documents. */
export function contentOf(args: SlackArguments, textMax: number): MessageContent {
  const text = textOf(args, 'text')
  if (text.length > textMax) throw new SlackRefusal('msg_too_long')
  const given = jsonOf(args, 'blocks', 'invalid_blocks_format')
  const blocks = given === undefined ? [] : checkBlocks(given)
  if (JSON.stringify(blocks).length > BLOCKS_MAX) throw new SlackRefusal('msg_blocks_too_long')
  if (text === '' && blocks.length === 0) throw new SlackRefusal('no_text')
  return { text, blocks, metadata: metadataOf(args) }
}

function metadataOf(args: SlackArguments): unknown {
  const metadata = jsonOf(args, 'metadata', 'invalid_metadata_format')
  if (metadata === undefined) return undefined
  const { event_type: type, event_payload: payload } = metadata as Record<string, unknown>
  if (typeof type !== 'string' || typeof payload !== 'object' || payload === null) {
    throw new SlackRefusal('invalid_metadata_format')
  }
  if (JSON.stringify(metadata).length > METADATA_MAX_BYTES) throw new SlackRefusal('metadata_too_large')
  return metadata
}

import { isJsonObject } from '@powerbus/drp'
import type { WebClient } from '@slack/web-api'
import { METADATA_TYPE, type MessageContent } from '../message.ts'
import type { MessageRecord } from '../outbox/message-record.ts'

/** Messages per page of a history, and most pages that are read for one message. */
const PAGE = 200
const PAGES_MAX = 50
/** Largest difference between the clocks of Slack and of this host, in milliseconds. */
const SKEW_MS = 300_000

/** Access to the channel of a lane. */
export interface ChannelAccess {
  readonly client: WebClient
  readonly channel: string
}

/** The timestamp of the message. `isBroadcast`: an answer stands in the channel too. Throws the client's errors. */
export async function postMessage(
  to: ChannelAccess,
  { threadTs, ...record }: MessageRecord,
  content: MessageContent,
  isBroadcast: boolean,
): Promise<string> {
  const more = { unfurl_links: false, unfurl_media: false }
  const thread = threadTs === undefined ? {} : { thread_ts: threadTs, reply_broadcast: isBroadcast }
  const answer = await to.client.chat.postMessage({ ...message(to, record, content), ...more, ...thread })
  return answer.ts ?? ''
}

export async function editMessage(to: ChannelAccess, record: MessageRecord, content: MessageContent): Promise<void> {
  await to.client.chat.update({ ...message(to, record, content), ts: record.ts ?? '' })
}

/** Slack makes no links and no mentions out of the text. */
function message({ channel }: ChannelAccess, { id }: MessageRecord, { text, blocks }: MessageContent) {
  const metadata = { event_type: METADATA_TYPE, event_payload: { id } }
  return { channel, text, blocks: [...blocks], metadata, parse: 'none', link_names: false } as const
}

/** Looks for a message by its metadata, and gives its timestamp; undefined if it was not posted. */
export async function findMessage({ client, channel }: ChannelAccess, record: MessageRecord) {
  const { id, threadTs, attemptMs, unsureSinceMs: sinceMs = attemptMs } = record
  const oldest = ((sinceMs - SKEW_MS) / 1000).toFixed(6)
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { channel, oldest, limit: PAGE, include_all_metadata: true, ...(cursor !== undefined && { cursor }) }
    const { messages = [], response_metadata: next } = await (threadTs === undefined
      ? client.conversations.history(query)
      : client.conversations.replies({ ...query, ts: threadTs }))
    const found = messages.find(({ metadata }) => idOf(metadata) === id)
    if (found?.ts !== undefined) return found.ts
    cursor = next?.next_cursor || undefined
    if (cursor === undefined) break
  }
  return undefined
}

function idOf(metadata: { event_type?: string; event_payload?: unknown } = {}): unknown {
  const { event_type: type, event_payload: payload } = metadata
  return type === METADATA_TYPE && isJsonObject(payload) ? payload.id : undefined
}

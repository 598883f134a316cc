import type { WebClient } from '@slack/web-api'
import { METADATA_TYPE, type SlackMessage } from '../message.ts'

/** Messages per page of a history, and most pages that are read for one message. */
const PAGE = 200
const PAGES_MAX = 50
/** Largest difference between the clocks of Slack and of this host, in milliseconds. */
const SKEW_MS = 300_000

/** Slack makes no links and no mentions out of the text. */
const plain = { parse: 'none', link_names: false } as const

/** The timestamp of the message. Throws the client's errors. */
export async function postMessage(client: WebClient, message: SlackMessage): Promise<string> {
  const { channel, key, text, blocks, threadTs } = message
  const answer = await client.chat.postMessage({
    ...plain,
    channel,
    text,
    blocks: [...blocks],
    unfurl_links: false,
    unfurl_media: false,
    metadata: metadataOf(key),
    ...(threadTs !== undefined && { thread_ts: threadTs }),
  })
  return answer.ts ?? ''
}

export async function editMessage(client: WebClient, ts: string, message: SlackMessage): Promise<void> {
  const { channel, key, text, blocks } = message
  await client.chat.update({ ...plain, channel, ts, text, blocks: [...blocks], metadata: metadataOf(key) })
}

export interface Wanted extends Pick<SlackMessage, 'channel' | 'key' | 'threadTs'> {
  /** Time before the first attempt, milliseconds since 1970. */
  readonly sinceMs: number
}

/** Looks for a message by its metadata, and gives its timestamp; undefined if it was not posted. */
export async function findMessage(client: WebClient, wanted: Wanted): Promise<string | undefined> {
  const { channel, key, threadTs, sinceMs } = wanted
  const oldest = ((sinceMs - SKEW_MS) / 1000).toFixed(6)
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { channel, oldest, limit: PAGE, include_all_metadata: true, ...(cursor !== undefined && { cursor }) }
    const { messages = [], response_metadata: next } = await (threadTs === undefined
      ? client.conversations.history(query)
      : client.conversations.replies({ ...query, ts: threadTs }))
    const found = messages.find((message) => keyOf(message) === key)
    if (found?.ts !== undefined) return found.ts
    cursor = next?.next_cursor || undefined
    if (cursor === undefined) break
  }
  return undefined
}

function metadataOf(key: string) {
  return { event_type: METADATA_TYPE, event_payload: { id: key } }
}

function keyOf(message: { readonly metadata?: { event_type?: string; event_payload?: unknown } }): unknown {
  const { event_type: type, event_payload: payload } = message.metadata ?? {}
  if (type !== METADATA_TYPE || typeof payload !== 'object' || payload === null) return undefined
  return 'id' in payload ? payload.id : undefined
}

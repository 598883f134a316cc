import type { WebClient } from '@slack/web-api'

/** A conversation with the bot as a member, not archived. */
export interface Channel {
  readonly id: string
  readonly name: string
}

const PAGE = 200
const PAGES_MAX = 500

/** All conversations of the bot, public and private. `call` makes one request, and waits after a 429. */
export async function listChannels(
  client: WebClient,
  call: <T>(request: () => Promise<T>) => Promise<T>,
): Promise<readonly Channel[]> {
  const found: Channel[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { types: 'public_channel,private_channel', exclude_archived: true, limit: PAGE }
    const answer = await call(() => client.users.conversations({ ...query, ...(cursor !== undefined && { cursor }) }))
    // Slack drops archived ones after it cuts the page, so a short or empty page need not be the last.
    for (const { id, name } of answer.channels ?? []) if (id !== undefined) found.push({ id, name: name ?? '' })
    cursor = answer.response_metadata?.next_cursor || undefined
    if (cursor === undefined) break
  }
  return found
}

/** The channel that an operator means by `ops`, `#ops` or `C0123456789`. */
export function findChannel(channels: readonly Channel[], wanted: string): Channel | undefined {
  const name = wanted.replace(/^#/, '')
  return channels.find(({ id }) => id === wanted) ?? channels.find((channel) => channel.name === name)
}

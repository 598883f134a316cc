import type { DrpEvent } from '@powerbus/drp'
import { eventFacts } from '../events/event-facts.ts'
import type { Block, MessageContent } from '../message.ts'
import { makeEntry, mustNotify } from '../outbox/entry.ts'
import { type BuildOptions, buildMessage } from '../render/build-message.ts'
import { type Gathered, gather, nothingGathered } from '../render/gather-events.ts'
import { type Routed, routeEvent } from '../routing/route-event.ts'
import type { Settings } from '../settings/read-settings.ts'

/** One message as it is at the end of its window. */
export interface PreviewedMessage extends MessageContent {
  /** As the operator wrote it; null: every channel that the bot is in. */
  readonly channel: string | null
  /** `TYPE.ACTION.KEY` of its events, oldest first. */
  readonly events: readonly string[]
  /** RFC 3339: quiet hours would hold it until then. */
  readonly heldUntil?: string
  readonly blocks: readonly Block[]
}

export interface Preview {
  readonly messages: readonly PreviewedMessage[]
  /** Count of events that no message would show. */
  readonly untold: number
}

/** A message that events are still added to. */
interface Draft {
  readonly routed: Routed
  readonly isDigest: boolean
  /** Milliseconds since 1970. */
  readonly closesMs: number
  readonly events: string[]
  gathered: Gathered
}

/**
 * The messages that these events, oldest first, would make; pure. Routes that ask for params or profiles of a machine
 * match no event here, and Slack's rate limits split no message.
 */
export function previewMessages(
  events: readonly DrpEvent[],
  settings: Settings,
  extraBlocks?: BuildOptions['extraBlocks'],
): Preview {
  const drafts: Draft[] = []
  const open = new Map<string, Draft>()
  let untold = 0
  for (const [place, event] of events.entries()) {
    const facts = eventFacts(event, 0)
    const routes = routeEvent(settings.routing, { event, facts }, facts.timeMs)
    if (routes.length === 0) untold += 1
    for (const routed of routes) {
      const rendered = settings.templates.render({ ...routed, event, facts })
      const entry = makeEntry({ id: String(place), atMs: facts.timeMs, place }, routed, rendered, settings)
      const key = JSON.stringify([routed.channel, entry.group])
      let draft = open.get(key)
      if (!draft || entry.atMs >= draft.closesMs || mustNotify(draft.gathered, [entry])) {
        const { isDigest, atMs, windowMs } = entry
        draft = { routed, isDigest, closesMs: atMs + windowMs, events: [], gathered: nothingGathered }
        open.set(key, draft)
        drafts.push(draft)
      }
      draft.gathered = gather(draft.gathered, [entry.event])
      draft.events.push(`${event.Type}.${event.Action}.${event.Key}`)
    }
  }
  return { messages: drafts.map((draft) => messageOf(draft, extraBlocks)), untold }
}

function messageOf({ routed, isDigest, events, gathered }: Draft, extraBlocks: BuildOptions['extraBlocks']) {
  const { channel = null, mention, notBeforeMs } = routed
  return {
    channel,
    events,
    ...(notBeforeMs !== undefined && { heldUntil: new Date(notBeforeMs).toISOString() }),
    ...buildMessage(gathered, { mention, isDigest, extraBlocks }),
  }
}

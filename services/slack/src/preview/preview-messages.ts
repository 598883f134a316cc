import type { DrpEvent } from '@powerbus/drp'
import { eventFacts } from '../events/event-facts.ts'
import type { Block, MessageContent } from '../message.ts'
import { type Entry, makeEntry, mustNotify } from '../outbox/entry.ts'
import { type BuildOptions, buildMessage } from '../render/build-message.ts'
import { type Gathered, gather, nothingGathered } from '../render/gather-events.ts'
import { type Routed, routeEvent } from '../routing/route-event.ts'
import type { Settings } from '../settings/settings.ts'

/** One message as it would be at the end of its window. */
export interface PreviewedMessage extends MessageContent {
  /** As an operator wrote it; null: every channel that the bot is in. */
  readonly channel: string | null
  /** `TYPE.ACTION.KEY` of what it tells, oldest first. */
  readonly events: readonly string[]
  /** RFC 3339: quiet hours would hold it until then. */
  readonly heldUntil?: string
  readonly blocks: readonly Block[]
}

export interface Preview {
  readonly messages: readonly PreviewedMessage[]
  /** Events that no message would tell. */
  readonly untold: number
}

interface Bundle {
  readonly routed: Routed
  /** Milliseconds since 1970. */
  readonly closesMs: number
  readonly entries: Entry[]
  readonly subjects: string[]
}

/**
 * What would be sent for these events, oldest first; pure. Routes that ask for params or profiles of a machine fit none here, and
 * messages are not split by how fast Slack takes them.
 */
export function previewMessages(
  events: readonly DrpEvent[],
  settings: Settings,
  extraBlocks?: BuildOptions['extraBlocks'],
): Preview {
  const bundles: Bundle[] = []
  const open = new Map<string, Bundle>()
  let untold = 0
  for (const [place, event] of events.entries()) {
    const facts = eventFacts(event, 0)
    const routes = routeEvent(settings.routing, { event, facts }, facts.timeMs)
    if (routes.length === 0) untold += 1
    for (const routed of routes) {
      const { severity, template } = routed
      const rendered = settings.templates.render({ event, facts, severity, template })
      const entry = makeEntry({ id: String(place), atMs: facts.timeMs, place }, routed, rendered, settings)
      const key = JSON.stringify([routed.channel, entry.group])
      let bundle = open.get(key)
      if (!bundle || entry.atMs >= bundle.closesMs || mustNotify(gatheredOf(bundle), [entry])) {
        bundle = { routed, closesMs: entry.atMs + entry.windowMs, entries: [], subjects: [] }
        open.set(key, bundle)
        bundles.push(bundle)
      }
      bundle.entries.push(entry)
      bundle.subjects.push(`${event.Type}.${event.Action}.${event.Key}`)
    }
  }
  return { messages: bundles.map((bundle) => messageOf(bundle, extraBlocks)), untold }
}

function gatheredOf({ entries }: Bundle): Gathered {
  return gather(
    nothingGathered,
    entries.map(({ event }) => event),
  )
}

function messageOf(bundle: Bundle, extraBlocks: BuildOptions['extraBlocks']): PreviewedMessage {
  const { routed, entries, subjects } = bundle
  const gathered = gatheredOf(bundle)
  const isDigest = entries[0]?.isDigest ?? false
  const content = buildMessage(gathered, { mention: routed.mention, isDigest, extraBlocks })
  const { notBeforeMs } = routed
  return {
    channel: routed.channel ?? null,
    events: subjects,
    ...(notBeforeMs !== undefined && { heldUntil: new Date(notBeforeMs).toISOString() }),
    ...content,
  }
}

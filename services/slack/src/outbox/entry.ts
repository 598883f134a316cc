import type { EventFacts } from '../events/event-facts.ts'
import type { Gathered, RenderedEvent } from '../render/gather-events.ts'
import type { Routed } from '../routing/route-event.ts'
import type { Settings } from '../settings/read-settings.ts'

/** What the entries of one message have in common. */
export interface Grouping {
  /** Entries of one group and window share one message. */
  readonly group: string
  /** The message waits for the end of its window, and has all machines. */
  readonly isDigest: boolean
  /** Subject of the message's thread; absent: no thread. */
  readonly thread?: string
  readonly mention?: string
}

/** One accepted event for one channel, until a message with it is in Slack. */
export interface Entry extends Grouping {
  /** From `eventIdentity`. */
  readonly id: string
  /** Time of acceptance, milliseconds since 1970, and the place among the events of one process. */
  readonly atMs: number
  readonly place: number
  /** The machine or other object; messages about one subject keep the order of their events. */
  readonly subject: string
  /** Milliseconds in which the events of the group share one message. */
  readonly windowMs: number
  /** Milliseconds since 1970: held until then. */
  readonly notBeforeMs?: number
  readonly event: RenderedEvent
  /** The channel as the operator wrote it, while its id is unknown; empty: all that the bot is in. */
  readonly wanted?: string
}

/** The order of the entries of a channel. */
export type Place = Pick<Entry, 'atMs' | 'place'>

export function inOrder(one: Place, other: Place): number {
  return one.atMs - other.atMs || one.place - other.place
}

/**
 * Assigns an event to its message. An edit notifies nobody, so events with a mention get their own message for each
 * machine, mention and window: a mention notifies once per window, and again at the first failure. Critical events and
 * events with a mention do not wait for a digest.
 */
export function makeEntry(
  accepted: Pick<Entry, 'id' | 'atMs' | 'place'>,
  { mention, notBeforeMs, severity }: Routed,
  event: RenderedEvent,
  { digestMs, windowMs, threads }: Settings,
): Entry {
  const subject = subjectOf(event.facts)
  const isDigest = digestMs > 0 && severity !== 'critical' && mention === undefined
  const group = isDigest ? 'digest' : windowMs === 0 ? `one ${accepted.id}` : `${mention ?? ''} ${subject}`
  return {
    ...accepted,
    subject,
    group,
    windowMs: isDigest ? digestMs : windowMs,
    isDigest,
    ...(threads && !isDigest && { thread: subject }),
    ...(mention !== undefined && { mention }),
    ...(notBeforeMs !== undefined && { notBeforeMs }),
    event: { ...event, acceptedMs: accepted.atMs },
  }
}

function subjectOf({ machine, type, key }: EventFacts): string {
  return machine?.uuid || `${type}.${key}`
}

/**
 * True if an edit would hide a failure from the people mentioned: the first failure with a mention is a new message.
 */
export function mustNotify(gathered: Pick<Gathered, 'failed'>, entries: readonly Entry[]): boolean {
  const isFailure = ({ mention, event }: Entry) => mention !== undefined && event.facts.outcome === 'failed'
  return gathered.failed === 0 && entries.some(isFailure)
}

/** True if an edit would hide the first failure in an answer, which only a new answer can show in the channel too. */
export function mustBroadcast(
  { threadTs, gathered }: { readonly threadTs?: string; readonly gathered: Pick<Gathered, 'failed'> },
  entries: readonly Entry[],
): boolean {
  return (
    threadTs !== undefined && gathered.failed === 0 && entries.some(({ event }) => event.facts.outcome === 'failed')
  )
}

import type { EventFacts } from '../events/event-facts.ts'
import type { Gathered } from '../render/gather-events.ts'
import type { RenderedEvent } from '../render/rendered-event.ts'
import type { Routed } from '../routing/route-event.ts'
import type { Settings } from '../settings/settings.ts'

/** One accepted event for one channel, until a message that has it is in Slack. */
export interface Entry {
  /** Of the event (`eventIdentity`). */
  readonly id: string
  /** When it was accepted, milliseconds since 1970, and its place among those of one process. */
  readonly atMs: number
  readonly place: number
  /** The machine or other object; messages about one subject are posted in the order of their events. */
  readonly subject: string
  /** Entries of one group and window are one message. */
  readonly group: string
  /** Milliseconds in which the group's events are one message. */
  readonly windowMs: number
  /** The message waits for the end of the window, and is about all machines. */
  readonly isDigest: boolean
  /** Subject whose thread the message goes into; absent: no thread. */
  readonly thread?: string
  readonly mention?: string
  /** Milliseconds since 1970: held until then. */
  readonly notBeforeMs?: number
  readonly event: RenderedEvent
  /** The channel as an operator wrote it, while its id is not known; empty: all that the bot is in. */
  readonly wanted?: string
}

/** Where an entry stands among those of its channel. */
export type Place = Pick<Entry, 'atMs' | 'place'>

export function inOrder(one: Place, other: Place): number {
  return one.atMs - other.atMs || one.place - other.place
}

/**
 * Assigns an event to its message. An edit notifies nobody, so events with a mention get messages of their own, by machine,
 * mention and window: a mention notifies once in a window, and once more at its first failure. Critical events and events
 * with a mention do not wait for a digest.
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

/** Whether an edit would hide a failure from the people mentioned: the first failure of a message with a mention is a message of its own. */
export function mustNotify(gathered: Pick<Gathered, 'failed'>, entries: readonly Entry[]): boolean {
  const isFailure = ({ mention, event }: Entry) => mention !== undefined && event.facts.outcome === 'failed'
  return gathered.failed === 0 && entries.some(isFailure)
}

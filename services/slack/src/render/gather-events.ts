import type { EventFacts } from '../events/event-facts.ts'
import type { Severity } from '../severity.ts'

/** One event in the outbox: rendered when it is accepted, so that later configs do not change it. */
export interface RenderedEvent {
  readonly facts: EventFacts
  readonly severity: Severity
  /** One line of mrkdwn, escaped. */
  readonly line: string
  /** Mrkdwn of a message about this event alone, if that is more than the line. */
  readonly body?: string
  /** Time of acceptance, milliseconds since 1970. Absent: the event keeps its place. */
  readonly acceptedMs?: number
  /** Count of equal events in a row, if more than 1. */
  readonly times?: number
}

/** Most events that a record keeps for its edits; a message shows fewer. */
const KEPT_MAX = 200

/** Content of a message: its newest events in order, and counts of all. */
export interface Gathered {
  readonly events: readonly RenderedEvent[]
  readonly total: number
  readonly failed: number
}

export const nothingGathered: Gathered = { events: [], total: 0, failed: 0 }

/**
 * Adds events in order of acceptance, since those of another replica may come late. An event with the same subject and
 * line as the one before it only raises that one's count.
 */
export function gather(before: Gathered, more: readonly RenderedEvent[]): Gathered {
  const events: RenderedEvent[] = []
  for (const event of [...before.events, ...more].sort(byAcceptance)) {
    const last = events.at(-1)
    if (last && last.line === event.line && last.facts.subject === event.facts.subject) {
      events[events.length - 1] = { ...event, times: (last.times ?? 1) + (event.times ?? 1) }
    } else events.push(event)
  }
  const kept = events.slice(-KEPT_MAX)
  // Only a message about one event shows a body.
  const isOne = kept.length === 1
  return {
    events: isOne ? kept : kept.map(({ body: _, ...rest }) => rest),
    total: before.total + more.length,
    failed: before.failed + more.filter(({ facts }) => facts.outcome === 'failed').length,
  }
}

function byAcceptance(one: RenderedEvent, other: RenderedEvent): number {
  if (one.acceptedMs === undefined || other.acceptedMs === undefined) return 0
  return one.acceptedMs - other.acceptedMs || one.facts.timeMs - other.facts.timeMs
}

import type { RenderedEvent } from './rendered-event.ts'

/** Events that a message keeps to be edited with; a message shows fewer. */
const KEPT_MAX = 200

/** What a message is about: its newest events in their order, and how many there were in all. */
export interface Gathered {
  readonly events: readonly RenderedEvent[]
  readonly total: number
  readonly failed: number
}

export const nothingGathered: Gathered = { events: [], total: 0, failed: 0 }

/**
 * With more events, in the order in which they were accepted: another replica's may come late. One that says the same as the one before it
 * is counted there.
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

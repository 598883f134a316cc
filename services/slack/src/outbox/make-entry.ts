import type { EventFacts } from '../events/event-facts.ts'
import type { RenderedEvent } from '../render/rendered-event.ts'
import type { Routed } from '../routing/route-event.ts'
import type { Settings } from '../settings/settings.ts'
import type { Entry } from './entry.ts'

export interface Accepted {
  readonly id: string
  readonly atMs: number
  readonly place: number
}

/**
 * Which message an event belongs to. An edit calls nobody, so events with a mention have messages of their own, by machine, mention and
 * window: who is called is called once in a window, and once more by its first failure. What is critical or calls somebody does not
 * wait for a digest.
 */
export function makeEntry(accepted: Accepted, routed: Routed, event: RenderedEvent, settings: Settings): Entry {
  const { mention, notBeforeMs, severity } = routed
  const { digestMs, windowMs, threads } = settings
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

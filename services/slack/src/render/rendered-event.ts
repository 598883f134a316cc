import type { EventFacts } from '../events/event-facts.ts'
import type { Severity } from '../severity.ts'

/** One event as it is kept in the outbox: rendered when it was accepted, so that what was sent does not depend on later configs. */
export interface RenderedEvent {
  readonly facts: EventFacts
  readonly severity: Severity
  /** One line of mrkdwn, escaped. */
  readonly line: string
  /** Mrkdwn of a message about this event alone, where that is more than the line. */
  readonly body?: string
  /** When it was accepted; milliseconds since 1970. Absent: in its place. */
  readonly acceptedMs?: number
  /** How often it came one after another, where more than once. */
  readonly times?: number
}

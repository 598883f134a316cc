import type { EventPattern } from '@powerbus/drp'
import type { Outcome } from '../events/event-facts.ts'
import type { Severity } from '../severity.ts'
import type { QuietHours } from './quiet-hours.ts'

/** What an event must be for a route: everything that is there must fit. */
export interface RouteMatch {
  /** Any of them. */
  readonly events?: readonly EventPattern[]
  /** Globs. */
  readonly name?: string
  readonly plugin?: string
  readonly principal?: string
  readonly params?: Readonly<Record<string, string>>
  /** Any of them. */
  readonly profiles?: readonly string[]
  readonly power?: string
  readonly failed?: boolean
  /** Any of them. */
  readonly errors?: readonly string[]
  readonly outcome?: Outcome
}

export interface Route {
  readonly match: RouteMatch
  /** As an operator wrote them; absent: the default ones. */
  readonly channels?: readonly string[]
  readonly template?: string
  /** Ready for a message: `<!here>`, `<@U123>`. */
  readonly mention?: string
  readonly severity?: Severity
  readonly quietHours?: QuietHours
  readonly isMuted: boolean
  /** Milliseconds since 1970. */
  readonly mutedUntilMs?: number
  readonly goesOn: boolean
}

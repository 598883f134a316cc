import { type EventPattern, matchesEvent } from '@powerbus/drp'
import { type EventChoice, hasOutcome } from '../events/default-events.ts'
import type { Severity } from '../severity.ts'
import { matchesRoute, type RoutedEvent, type RouteMatch } from './matches-route.ts'
import { type QuietHours, quietUntil } from './quiet-hours.ts'

export interface Route {
  readonly match: RouteMatch
  /** As the operator wrote them; absent: those of slack/channels. */
  readonly channels?: readonly string[]
  readonly template?: string
  /** In Slack's form: `<!here>`, `<@U123>`. */
  readonly mention?: string
  readonly severity?: Severity
  readonly quietHours?: QuietHours
  readonly isMuted: boolean
  /** Milliseconds since 1970. */
  readonly mutedUntilMs?: number
  /** The routes below apply as well. */
  readonly goesOn: boolean
}

export interface Routing {
  readonly events: readonly (EventChoice & { readonly parsed: EventPattern })[]
  readonly routes: readonly Route[]
  /** As the operator wrote them; undefined: all channels that the bot is in. */
  readonly channels: readonly string[] | undefined
}

/** One event to one channel. */
export interface Routed extends Pick<Route, 'template' | 'mention'> {
  /** As the operator wrote it; undefined: all channels that the bot is in. */
  readonly channel: string | undefined
  readonly severity: Severity
  /** Milliseconds since 1970: held until then. */
  readonly notBeforeMs?: number
}

/** Log events never go to Slack: delivering them logs, which would make further ones for ever. */
const NEVER = 'log'

/** The channels that an event goes to at this moment; pure. Of the routes to one channel the first decides. */
export function routeEvent(routing: Routing, routed: RoutedEvent, nowMs: number): readonly Routed[] {
  const { event, facts } = routed
  if (event.Type === NEVER) return []
  const isChosen = routing.events.some((choice) => matchesEvent(choice.parsed, event) && hasOutcome(choice, facts))
  const found = new Map<string | undefined, Routed | undefined>()
  const add = (route: Route | undefined) => {
    const decided = route ? throughRoute(route, facts.severity, nowMs) : { severity: facts.severity }
    for (const channel of route?.channels ?? routing.channels ?? [undefined]) {
      if (!found.has(channel)) found.set(channel, decided && { ...decided, channel })
    }
  }
  let isRouted = false
  for (const route of routing.routes) {
    const isMeant = isChosen || route.match.events !== undefined || route.match.outcome === 'started'
    if (!isMeant || !matchesRoute(route.match, routed)) continue
    isRouted = true
    add(route)
    if (!route.goesOn) break
  }
  if (!isRouted && isChosen) add(undefined)
  return [...found.values()].filter((one) => one !== undefined)
}

/** Undefined: muted, or dropped in quiet hours. */
function throughRoute(route: Route, own: Severity, nowMs: number): Omit<Routed, 'channel'> | undefined {
  const { quietHours, template, mention, severity = own, mutedUntilMs = 0 } = route
  if (route.isMuted || nowMs < mutedUntilMs) return undefined
  const quietMs = quietHours && severity !== 'critical' ? quietUntil(quietHours, nowMs) : undefined
  if (quietMs !== undefined && quietHours?.drop) return undefined
  return {
    severity,
    ...(template !== undefined && { template }),
    ...(mention !== undefined && { mention }),
    ...(quietMs !== undefined && { notBeforeMs: quietMs }),
  }
}

import { type EventPattern, matchesEvent } from '@powerbus/drp'
import { type EventChoice, hasOutcome } from '../events/default-events.ts'
import type { Severity } from '../severity.ts'
import { matchesRoute, type RoutedEvent } from './matches-route.ts'
import { quietUntil } from './quiet-hours.ts'
import type { Route } from './route.ts'

export interface Routing {
  readonly events: readonly (EventChoice & { readonly parsed: EventPattern })[]
  readonly routes: readonly Route[]
  /** As an operator wrote them; undefined: every one that the bot is in. */
  readonly channels: readonly string[] | undefined
}

/** One event to one channel. */
export interface Routed {
  /** As an operator wrote it; undefined: every one that the bot is in. */
  readonly channel: string | undefined
  readonly template?: string
  readonly mention?: string
  readonly severity: Severity
  /** Milliseconds since 1970: held until then. */
  readonly notBeforeMs?: number
}

/** Lines of the log are never told: a plugin that logs while it tells of an event would feed itself for ever. */
const NEVER = 'log'

/** Where an event goes at this moment; pure. A channel gets an event once, by the first route that leads there. */
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
  if (route.isMuted || (route.mutedUntilMs !== undefined && nowMs < route.mutedUntilMs)) return undefined
  const severity = route.severity ?? own
  const quietMs = route.quietHours && severity !== 'critical' ? quietUntil(route.quietHours, nowMs) : undefined
  if (quietMs !== undefined && route.quietHours?.drop) return undefined
  return {
    severity,
    ...(route.template !== undefined && { template: route.template }),
    ...(route.mention !== undefined && { mention: route.mention }),
    ...(quietMs !== undefined && { notBeforeMs: quietMs }),
  }
}

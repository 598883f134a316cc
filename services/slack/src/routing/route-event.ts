import type { RawRoute } from '../params.ts'
import type { Severity } from '../severity.ts'
import type { ChannelTemplate } from './channel-template.ts'
import type { EventMatch, RoutedEvent } from './event-match.ts'
import { type QuietHours, quietUntil } from './quiet-hours.ts'

export interface Route {
  /** As the operator wrote it. */
  readonly raw: RawRoute
  readonly matches: EventMatch
  /** As the operator wrote them; undefined: those of slack/channels, if no template gives one either. */
  readonly channels: readonly string[] | undefined
  readonly channelTemplates: readonly ChannelTemplate[]
  /** In Slack's form: `<!here>`, `<@U123>`. */
  readonly mention: string | undefined
  readonly quietHours: QuietHours | undefined
  /** Milliseconds since 1970. */
  readonly mutedUntilMs: number
}

export interface Routing {
  /** An event that one of them fits becomes a message. */
  readonly events: readonly EventMatch[]
  readonly routes: readonly Route[]
  /** As the operator wrote them; undefined: all channels that the bot is in. */
  readonly channels: readonly string[] | undefined
}

/** One event to one channel. */
export interface Routed {
  /** As the operator wrote it; undefined: all channels that the bot is in. */
  readonly channel: string | undefined
  readonly severity: Severity
  readonly template?: string | undefined
  readonly mention?: string | undefined
  /** Milliseconds since 1970: held until then. */
  readonly notBeforeMs?: number | undefined
}

/** Log events never go to Slack: delivering them logs, which would make further ones for ever. */
const NEVER = 'log'

/** The channels that an event goes to at this moment; pure. Of the routes to one channel the first decides. */
export function routeEvent(routing: Routing, routed: RoutedEvent, nowMs: number): readonly Routed[] {
  const { event, facts } = routed
  if (event.Type === NEVER) return []
  const isChosen = routing.events.some((matches) => matches(routed))
  const found = new Map<string | undefined, Routed | undefined>()
  const add = (route: Route | undefined) => {
    const decided = route ? throughRoute(route, facts.severity, nowMs) : { severity: facts.severity }
    for (const channel of channelsOf(route, routed) ?? routing.channels ?? [undefined]) {
      if (!found.has(channel)) found.set(channel, decided && { ...decided, channel })
    }
  }
  let isRouted = false
  for (const route of routing.routes) {
    const { match } = route.raw
    const isMeant = isChosen || match?.event !== undefined || match?.outcome === 'started'
    if (!isMeant || !route.matches(routed)) continue
    isRouted = true
    add(route)
    if (!route.raw.continue) break
  }
  if (!isRouted && isChosen) add(undefined)
  return [...found.values()].filter((one) => one !== undefined)
}

/** Undefined: the route names none, or its templates give none. */
function channelsOf(route: Route | undefined, routed: RoutedEvent): readonly string[] | undefined {
  const found = route?.channelTemplates.map((template) => template(routed)).filter((name) => name !== '') ?? []
  const all = [...(route?.channels ?? []), ...found]
  return all.length > 0 ? all : undefined
}

/** Undefined: muted, or dropped in quiet hours. */
function throughRoute({ raw, mention, quietHours, mutedUntilMs }: Route, own: Severity, nowMs: number) {
  const { severity = own, template } = raw
  if (raw.mute || nowMs < mutedUntilMs) return undefined
  const notBeforeMs = quietHours && severity !== 'critical' ? quietUntil(quietHours, nowMs) : undefined
  if (notBeforeMs !== undefined && raw['quiet-hours']?.drop) return undefined
  return { severity, template, mention, notBeforeMs }
}

import { isTimeZone, type QuietHours } from '../routing/quiet-hours.ts'
import type { Route, RouteMatch } from '../routing/route.ts'
import { invalid } from './invalid.ts'
import { mentionText } from './mention.ts'
import { readPattern } from './read-pattern.ts'

/** A route as the schema of `slack/routes` lets it through. */
export interface RawRoute extends Pick<Route, 'channels' | 'template' | 'mention' | 'severity'> {
  readonly match?: RawMatch
  readonly channel?: string
  readonly 'quiet-hours'?: {
    readonly from?: string
    readonly to?: string
    readonly timezone?: string
    readonly drop?: boolean
  }
  readonly mute?: boolean
  readonly 'mute-until'?: string
  readonly continue?: boolean
}

interface RawMatch extends Omit<RouteMatch, 'events' | 'errors' | 'params'> {
  readonly event?: string
  readonly error?: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** Throws PARAM_INVALID that names the place. `isTemplate` tells which templates there are. */
export function readRoute(raw: RawRoute, index: number, isTemplate: (name: string) => boolean): Route {
  const at = `slack/routes[${index}]`
  const { template, mention, severity, 'quiet-hours': quiet, 'mute-until': until } = raw
  if (template !== undefined && !isTemplate(template)) {
    throw invalid(`${at}.template`, template, 'the name of one in slack/templates or of a built-in one')
  }
  const called = mention === undefined ? undefined : mentionText(mention)
  if (mention !== undefined && called === undefined) {
    const expected = '@here, @channel, @everyone, or ids of users (U...) and user groups (S...), separated by blanks'
    throw invalid(`${at}.mention`, mention, expected)
  }
  const channels = [...(raw.channel === undefined ? [] : [raw.channel]), ...(raw.channels ?? [])]
  return {
    match: readMatch(raw.match ?? {}, `${at}.match`),
    ...(channels.length > 0 && { channels }),
    ...(template !== undefined && { template }),
    ...(called !== undefined && { mention: called }),
    ...(severity !== undefined && { severity }),
    ...(quiet !== undefined && { quietHours: readQuietHours(quiet, `${at}.quiet-hours`) }),
    isMuted: raw.mute ?? false,
    ...(until !== undefined && { mutedUntilMs: readTime(until, `${at}.mute-until`) }),
    goesOn: raw.continue ?? false,
  }
}

function readMatch({ event, error, params, ...same }: RawMatch, at: string): RouteMatch {
  const patterns = event?.split(/\s+/).filter((word) => word !== '')
  const errors = error?.split(',').map((word) => word.trim())
  return {
    ...same,
    ...(patterns && { events: patterns.map((pattern) => readPattern(pattern, `${at}.event`)) }),
    ...(errors && { errors }),
    ...(params && {
      params: Object.fromEntries(
        Object.entries(params).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    }),
  }
}

function readQuietHours(raw: NonNullable<RawRoute['quiet-hours']>, at: string): QuietHours {
  const { from, to, timezone = 'UTC', drop = false } = raw
  if (from === undefined || to === undefined || from === to) {
    throw invalid(at, raw, 'from and to as HH:MM, two different times')
  }
  if (!isTimeZone(timezone)) throw invalid(`${at}.timezone`, timezone, 'a time zone as Europe/Berlin')
  return { fromMinute: minutes(from), toMinute: minutes(to), timeZone: timezone, drop }
}

function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function readTime(text: string, at: string): number {
  const timeMs = Date.parse(text)
  if (Number.isNaN(timeMs)) throw invalid(at, text, 'a time as 2030-01-31T18:00:00Z')
  return timeMs
}

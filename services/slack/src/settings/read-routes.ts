import { DecodeError, type EventPattern, parseEventPattern } from '@powerbus/drp'
import { paramInvalid } from '@powerbus/plugin-sdk'
import type { RouteMatch } from '../routing/matches-route.ts'
import { isTimeZone, type QuietHours } from '../routing/quiet-hours.ts'
import type { Route } from '../routing/route-event.ts'

/** A route as the schema of `slack/routes` lets it through. */
export interface RawRoute extends Pick<Route, 'channels' | 'template' | 'mention' | 'severity'> {
  readonly match?: RawMatch
  readonly channel?: string
  readonly 'quiet-hours'?: RawQuietHours
  readonly mute?: boolean
  readonly 'mute-until'?: string
  readonly continue?: boolean
}

interface RawMatch extends Omit<RouteMatch, 'events' | 'errors' | 'params'> {
  readonly event?: string
  readonly error?: string
  readonly params?: Readonly<Record<string, unknown>>
}

type RawQuietHours = Readonly<Partial<Record<'from' | 'to' | 'timezone', string>>> & { readonly drop?: boolean }

/** Throws PARAM_INVALID that names the place. `isTemplate` says whether a template has that name. */
export function readRoute(raw: RawRoute, index: number, isTemplate: (name: string) => boolean): Route {
  const at = `slack/routes[${index}]`
  const { template, mention, severity, 'quiet-hours': quiet, 'mute-until': until } = raw
  if (template !== undefined && !isTemplate(template)) {
    throw paramInvalid(`${at}.template`, template, 'the name of a template in slack/templates or of a built-in one')
  }
  const channels = [...(raw.channel === undefined ? [] : [raw.channel]), ...(raw.channels ?? [])]
  return {
    match: readMatch(raw.match ?? {}, `${at}.match`),
    ...(channels.length > 0 && { channels }),
    ...(template !== undefined && { template }),
    ...(mention !== undefined && { mention: readMention(mention, `${at}.mention`) }),
    ...(severity !== undefined && { severity }),
    ...(quiet !== undefined && { quietHours: readQuietHours(quiet, `${at}.quiet-hours`) }),
    isMuted: raw.mute ?? false,
    ...(until !== undefined && { mutedUntilMs: readTime(until, `${at}.mute-until`) }),
    goesOn: raw.continue ?? false,
  }
}

function readMatch({ event, error, params, ...same }: RawMatch, at: string): RouteMatch {
  const patterns = event?.split(/\s+/).filter((word) => word !== '')
  return {
    ...same,
    ...(patterns && { events: patterns.map((pattern) => readPattern(pattern, `${at}.event`)) }),
    ...(error !== undefined && { errors: error.split(',').map((word) => word.trim()) }),
    ...(params && { params: Object.fromEntries(Object.entries(params).map(asText)) }),
  }
}

function asText([name, value]: readonly [string, unknown]): readonly [string, string] {
  return [name, typeof value === 'string' ? value : JSON.stringify(value)]
}

/** Throws PARAM_INVALID that names the place. */
export function readPattern(pattern: string, at: string): EventPattern {
  try {
    return parseEventPattern(pattern)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw paramInvalid(at, pattern, 'TYPE.ACTION.KEY, each part * or a comma-separated list')
  }
}

const broadcasts = new Map([
  ['@here', '<!here>'],
  ['@channel', '<!channel>'],
  ['@everyone', '<!everyone>'],
])

/** `@here U012AB3CD S0614TZR7` in the form that Slack reads in a message. */
function readMention(words: string, at: string): string {
  const found = words.split(/[\s,]+/).filter((word) => word !== '')
  const tokens = found.map((word) => {
    const id = word.replace(/^@/, '')
    if (/^[UW][A-Z0-9]{2,}$/.test(id)) return `<@${id}>`
    return /^S[A-Z0-9]{2,}$/.test(id) ? `<!subteam^${id}>` : broadcasts.get(word)
  })
  if (tokens.length > 0 && !tokens.includes(undefined)) return tokens.join(' ')
  const expected = '@here, @channel, @everyone, or ids of users (U...) and user groups (S...), separated by blanks'
  throw paramInvalid(at, words, expected)
}

function readQuietHours(raw: RawQuietHours, at: string): QuietHours {
  const { from, to, timezone: timeZone = 'UTC', drop = false } = raw
  if (from === undefined || to === undefined || from === to) {
    throw paramInvalid(at, raw, 'from and to as HH:MM, two different times')
  }
  if (!isTimeZone(timeZone)) throw paramInvalid(`${at}.timezone`, timeZone, 'a time zone such as Europe/Berlin')
  return { fromMinute: minutes(from), toMinute: minutes(to), timeZone, drop }
}

function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function readTime(text: string, at: string): number {
  const timeMs = Date.parse(text)
  if (Number.isNaN(timeMs)) throw paramInvalid(at, text, 'a time such as 2030-01-31T18:00:00Z')
  return timeMs
}

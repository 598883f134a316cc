import { DecodeError, type EventPattern, parseEventPattern } from '@powerbus/drp'
import { paramInvalid } from '@powerbus/plugin-sdk'
import type { RawRoute } from '../params.ts'
import { channelTemplate, isChannelTemplate } from '../routing/channel-template.ts'
import { eventMatch } from '../routing/event-match.ts'
import { isTimeZone, type QuietHours } from '../routing/quiet-hours.ts'
import type { Route } from '../routing/route-event.ts'

/** Throws PARAM_INVALID that names the place. `isTemplate` says whether a template has that name. */
export function readRoute(raw: RawRoute, index: number, isTemplate: (name: string) => boolean): Route {
  const at = `slack/routes[${index}]`
  const { match = {}, template, mention, 'quiet-hours': quiet, 'mute-until': until } = raw
  if (template !== undefined && !isTemplate(template)) {
    throw paramInvalid(`${at}.template`, template, 'the name of a template in slack/templates or of a built-in one')
  }
  const given = [...(raw.channel === undefined ? [] : [raw.channel]), ...(raw.channels ?? [])]
  const channels = given.filter((channel) => !isChannelTemplate(channel))
  const patterns = match.event?.trim().split(/\s+/)
  return {
    raw,
    matches: eventMatch(
      match,
      patterns?.map((pattern) => readPattern(pattern, `${at}.match.event`)),
    ),
    channels: channels.length > 0 ? channels : undefined,
    channelTemplates: given.filter(isChannelTemplate).map((text) => channelTemplate(text, `${at}.channel`)),
    mention: mention === undefined ? undefined : readMention(mention, `${at}.mention`),
    quietHours: quiet && readQuietHours(quiet, `${at}.quiet-hours`),
    mutedUntilMs: until === undefined ? 0 : readTime(until, `${at}.mute-until`),
  }
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

function readQuietHours(raw: NonNullable<RawRoute['quiet-hours']>, at: string): QuietHours {
  const { from, to, timezone = 'UTC' } = raw
  if (from === undefined || to === undefined || from === to) {
    throw paramInvalid(at, raw, 'from and to as HH:MM, two different times')
  }
  if (!isTimeZone(timezone)) throw paramInvalid(`${at}.timezone`, timezone, 'a time zone such as Europe/Berlin')
  return { from, to, timezone }
}

function readTime(text: string, at: string): number {
  const timeMs = Date.parse(text)
  if (Number.isNaN(timeMs)) throw paramInvalid(at, text, 'a time such as 2030-01-31T18:00:00Z')
  return timeMs
}

import { cutAt } from '../cut-plain.ts'

const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/** Control characters, line ends and marks that turn the direction of writing; no name needs them. */
const UNSEEN = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu

/**
 * Text from outside as mrkdwn: a mention, a link or an entity in it is shown as written
 * (https://docs.slack.dev/messaging/formatting-message-text#escaping).
 */
export function escapeText(text: string): string {
  return text.replace(UNSEEN, ' ').replace(/[&<>]/g, (character) => entities.get(character) ?? character)
}

/** Text from outside as a code span, in which Slack formats nothing. */
export function codeSpan(text: string): string {
  const inside = escapeText(text).replaceAll('`', 'ˋ').trim()
  return inside === '' ? '' : `\`${inside}\``
}

/**
 * At most `max` characters of mrkdwn, with `…` at the end if something was cut. Never splits an entity (`&amp;`), a
 * token (`<...>`) or a character as people see it.
 */
export function cutText(text: string, max: number): string {
  return cutAt(text, max, (end) => {
    const kept = text.slice(0, end)
    const token = kept.lastIndexOf('<')
    if (token > kept.lastIndexOf('>')) return token
    const entity = /&[a-z]*$/.exec(kept)
    return entity?.index ?? end
  })
}

/** Milliseconds for people: `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. Empty for a value that is no duration. */
export function durationText(ms: unknown): string {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) return ''
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return twoUnits(whole, 'min', 's')
  return twoUnits(Math.round(whole / 60), 'h', 'min')
}

/** `small` is a sixtieth of `large`. */
function twoUnits(count: number, large: string, small: string): string {
  const rest = count % 60
  return `${Math.floor(count / 60)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/**
 * A time that Slack shows in each reader's own zone, and as UTC in clients that cannot
 * (https://docs.slack.dev/messaging/formatting-message-text#date-formatting). Empty for a value that is no time.
 */
export function timeToken(value: unknown, format = '{time_secs}'): string {
  const timeMs = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  // Years 1970 to 9999.
  if (!(timeMs >= 0 && timeMs < 253_402_300_800_000)) return ''
  const utc = new Date(timeMs).toISOString().replace('T', ' ').slice(0, 19)
  const safe = format.replace(/[<>|^&]/g, '')
  return `<!date^${Math.floor(timeMs / 1000)}^${safe}|${utc} UTC>`
}

/** A part of each day, in a time zone; `from` after `to` is over midnight. Minutes since midnight, 0..1439. */
export interface QuietHours {
  readonly fromMinute: number
  readonly toMinute: number
  /** A name of the IANA database. */
  readonly timeZone: string
  /** Leaves out what falls into them, in place of holding it. */
  readonly drop: boolean
}

const DAY_MINUTES = 24 * 60
const MINUTE_MS = 60_000

/** When the quiet hours end that `nowMs` lies in (milliseconds since 1970), by the wall clock there; undefined outside of them. */
export function quietUntil(hours: QuietHours, nowMs: number): number | undefined {
  const { timeZone, toMinute } = hours
  const minute = minuteOf(timeZone, nowMs)
  if (!isQuiet(hours, minute)) return undefined
  const left = (toMinute - minute + DAY_MINUTES) % DAY_MINUTES
  const endMs = nowMs - (nowMs % MINUTE_MS) + left * MINUTE_MS
  // Where the clock was changed on the way, the end is off by as much.
  const half = DAY_MINUTES / 2
  const drift = ((minuteOf(timeZone, endMs) - toMinute + half + DAY_MINUTES) % DAY_MINUTES) - half
  return endMs - drift * MINUTE_MS
}

function isQuiet({ fromMinute, toMinute }: QuietHours, minute: number): boolean {
  if (fromMinute <= toMinute) return minute >= fromMinute && minute < toMinute
  return minute >= fromMinute || minute < toMinute
}

const formats = new Map<string, Intl.DateTimeFormat>()

function minuteOf(timeZone: string, timeMs: number): number {
  const known = formats.get(timeZone)
  const format =
    known ?? new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  if (!known) formats.set(timeZone, format)
  const [hour = '0', minute = '0'] = format.format(timeMs).split(':')
  return Number(hour) * 60 + Number(minute)
}

/** Whether this system knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

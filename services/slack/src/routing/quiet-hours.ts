/** A part of each day in a time zone, in minutes since midnight, 0..1439. `from` after `to` spans midnight. */
export interface QuietHours {
  readonly fromMinute: number
  readonly toMinute: number
  /** A name of the IANA database. */
  readonly timeZone: string
  /** Drops the events of these hours; otherwise they are held. */
  readonly drop: boolean
}

const DAY_MINUTES = 24 * 60
const MINUTE_MS = 60_000

/**
 * End of the quiet hours around `nowMs`, by the wall clock of their zone; undefined outside. Milliseconds since 1970.
 */
export function quietUntil(hours: QuietHours, nowMs: number): number | undefined {
  const { timeZone, toMinute } = hours
  const minute = minuteOf(timeZone, nowMs)
  if (!isQuiet(hours, minute)) return undefined
  const left = (toMinute - minute + DAY_MINUTES) % DAY_MINUTES
  const endMs = nowMs - (nowMs % MINUTE_MS) + left * MINUTE_MS
  // A change of summer time before the end moves it by the same amount.
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
  const options = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', options)
  formats.set(timeZone, format)
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

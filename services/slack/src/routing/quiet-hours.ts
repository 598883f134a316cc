/** A part of each day in a time zone of the IANA database. `from` and `to` as HH:MM; `from` after `to` spans midnight. */
export interface QuietHours {
  readonly from: string
  readonly to: string
  readonly timezone: string
}

const DAY_MINUTES = 24 * 60
const MINUTE_MS = 60_000

/**
 * End of the quiet hours around `nowMs`, by the wall clock of their zone; undefined outside. Milliseconds since 1970.
 */
export function quietUntil({ from, to, timezone }: QuietHours, nowMs: number): number | undefined {
  const [time, fromMinute, toMinute] = [minuteAt(timezone, nowMs), minuteOf(from), minuteOf(to)]
  // Minutes since the beginning of the quiet hours.
  const since = (minute: number) => (minute - fromMinute + DAY_MINUTES) % DAY_MINUTES
  const left = since(toMinute) - since(time)
  if (left <= 0) return undefined
  const endMs = nowMs - (nowMs % MINUTE_MS) + left * MINUTE_MS
  // A change of summer time before the end moves it by the same amount.
  const half = DAY_MINUTES / 2
  const drift = ((minuteAt(timezone, endMs) - toMinute + half + DAY_MINUTES) % DAY_MINUTES) - half
  return endMs - drift * MINUTE_MS
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Minutes since midnight by the wall clock of the zone. */
function minuteAt(timeZone: string, timeMs: number): number {
  const options = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', options)
  formats.set(timeZone, format)
  return minuteOf(format.format(timeMs))
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
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

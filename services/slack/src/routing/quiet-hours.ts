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

/**
 * When the quiet hours end that `nowMs` lies in (milliseconds since 1970), or undefined outside of them. Where a clock change
 * falls between, the end is found by the wall clock: it is asked again until it is outside.
 */
export function quietUntil(hours: QuietHours, nowMs: number): number | undefined {
  if (!isQuiet(hours, minuteOf(hours.timeZone, nowMs))) return undefined
  let endMs = nowMs
  // Twice at most: the second round makes up for a clock change on the way.
  for (let round = 0; round < 3; round += 1) {
    const minute = minuteOf(hours.timeZone, endMs)
    if (!isQuiet(hours, minute)) break
    const left = (hours.toMinute - minute + DAY_MINUTES) % DAY_MINUTES
    endMs = endMs - (endMs % MINUTE_MS) + left * MINUTE_MS
  }
  return endMs
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

export const WAIT_MS_MAX = 600_000

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const HEADER = /(?:^|[,;\s])wait\s*=\s*"?([^",;\s]{1,64})"?(?=$|[,;\s])/i
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy

/**
 * Milliseconds of `Prefer: wait=DURATION`, at most 10 minutes: a duration of Go such as `1m30s`, or a number of seconds
 * (RFC 7240 §4.3). 0 where there is none, and for what is none.
 */
export function preferredWaitMs(prefer: string | readonly string[] | undefined): number {
  const text = HEADER.exec([prefer ?? ''].flat().join(','))?.[1] ?? ''
  const seconds = /^\d+(?:\.\d*)?$/.test(text) ? Number(text) * 1000 : undefined
  return Math.min(seconds ?? goDurationMs(text), WAIT_MS_MAX)
}

function goDurationMs(text: string): number {
  let [sumMs, end] = [0, 0]
  for (const [part, number, unit = ''] of text.matchAll(PART)) {
    sumMs += Number(number) * (UNITS_MS[unit] ?? 0)
    end += part.length
  }
  return end === text.length ? sumMs : 0
}

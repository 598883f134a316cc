import { isJsonObject, type JsonObject, type LogLevel, type LogLine } from '@powerbus/drp'
import { type Logger, symbols } from 'pino'
import type { LogRing } from './log-ring.ts'

/** Service of the endpoint's own lines. */
const SERVICE = 'endpoint'
/** pino's levels (docs/api.md of pino). */
const LEVELS: Readonly<Record<number, LogLevel>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** Marks a line that came from a plugin as a LogLine: it is in the ring as that. */
export const FORWARDED = 'sequence'

interface LineStream {
  write(text: string): unknown
}

/** Least level of the ring, whatever `log` writes itself. */
const RING_LEVEL = 'info'

/** A logger like `log` whose lines of level info and above are in the ring too, also those that `log` leaves out. */
export function tappedLog(log: Logger, ring: LogRing): Logger {
  const floor = log.levelVal
  const tapped = log.child({}, { level: log.isLevelEnabled(RING_LEVEL) ? log.level : RING_LEVEL })
  const inner = tapped as unknown as Record<symbol, LineStream>
  const stream = inner[symbols.streamSym]
  if (stream === undefined) throw new Error('the log has no stream')
  const write = (text: string) => {
    const value = parsed(text)
    const level = typeof value?.level === 'number' ? value.level : undefined
    if (level === undefined || level >= floor) stream.write(text)
    const line = value && lineOf(value, ring)
    if (line !== undefined) ring.add(line)
  }
  // pino sets and reads other properties of its stream.
  inner[symbols.streamSym] = new Proxy(stream, {
    get: (target, name) => {
      if (name === 'write') return write
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return tapped
}

/** Undefined for what is no line of ours. */
function lineOf(value: JsonObject, ring: LogRing): LogLine | undefined {
  if (value.plugin !== undefined && value[FORWARDED] !== undefined) return undefined
  const { level, time, msg, plugin, pid: _pid, hostname: _host, ...rest } = value
  return {
    Group: 0,
    Seq: ring.nextSequence(),
    Time: new Date(typeof time === 'number' ? time : Date.now()).toISOString(),
    Service: typeof plugin === 'string' ? plugin : SERVICE,
    Principal: '',
    Level: LEVELS[Number(level)] ?? 'info',
    File: '',
    Line: 0,
    Message: typeof msg === 'string' ? msg : '',
    Data: Object.keys(rest).length === 0 ? [] : [rest],
    IgnorePublish: false,
  }
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // A logger may write other text than JSON lines.
    return undefined
  }
}

import { DecodeError, FieldReader } from './field-reader.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'audit'] as const
export type LogLevel = (typeof logLevels)[number]

/** A line of the endpoint's log (§4). */
export interface LogLine {
  /** Number that the lines of one request share. */
  readonly Group: number
  /** Number of the line in its process. */
  readonly Seq: number
  /** RFC 3339. */
  readonly Time: string
  readonly Service: string
  readonly Principal: string
  readonly Level: LogLevel
  readonly File: string
  readonly Line: number
  readonly Message: string
  readonly Data: readonly unknown[]
  /** True: the endpoint publishes no event for the line. Set for lines logged while an event is handled. */
  readonly IgnorePublish: boolean
}

export function isLogLevel(value: unknown): value is LogLevel {
  return logLevels.some((level) => level === value)
}

/** @throws DecodeError */
export function decodeLogLine(value: unknown): LogLine {
  const read = new FieldReader(value, 'Line')
  const level = read.string('Level', 'info').toLowerCase()
  if (!isLogLevel(level)) throw new DecodeError('Line.Level', `one of ${logLevels.join(' ')}`, level)
  return {
    Group: read.integer('Group', 0),
    Seq: read.integer('Seq', 0),
    Time: read.string('Time', ''),
    Service: read.string('Service', ''),
    Principal: read.string('Principal', ''),
    Level: level,
    File: read.string('File', ''),
    Line: read.integer('Line', 0),
    Message: read.string('Message', ''),
    Data: read.array('Data'),
    IgnorePublish: read.boolean('IgnorePublish', false),
  }
}

import { DecodeError, FieldReader } from './field-reader.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'audit'] as const
export type LogLevel = (typeof logLevels)[number]

/** A line of the endpoint's log (§4). */
export interface LogLine {
  /** Shared by the lines of one request. */
  readonly Group: number
  /** Grows by one per line over the whole process. */
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
  /** Keeps the line from becoming an event; true for every line logged while an event is handled. */
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

import { DecodeError, type FieldReader } from './field-reader.ts'
import { field, made, shape } from './shape.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'audit'] as const
export type LogLevel = (typeof logLevels)[number]

/** @throws DecodeError */
export const decodeLogLine = shape('Line', {
  /** Number that the lines of one request share. */
  Group: field.integer,
  /** Number of the line in its process. */
  Seq: field.integer,
  /** RFC 3339. */
  Time: field.text,
  Service: field.text,
  Principal: field.text,
  Level: made(logLevel, 'info', { enum: logLevels }),
  File: field.text,
  Line: field.integer,
  Message: field.text,
  Data: field.array,
  /** True: the endpoint publishes no event for the line. Set for lines logged while an event is handled. */
  IgnorePublish: field.flag,
})

/** A line of the endpoint's log (§4). */
export type LogLine = ReturnType<typeof decodeLogLine>

export function isLogLevel(value: unknown): value is LogLevel {
  return logLevels.some((level) => level === value)
}

function logLevel(read: FieldReader): LogLevel {
  const level = read.string('Level', 'info').toLowerCase()
  if (!isLogLevel(level)) throw new DecodeError('Line.Level', `one of ${logLevels.join(' ')}`, level)
  return level
}

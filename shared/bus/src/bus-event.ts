import { JsonError, jsonText, parseJson } from '@powerbus/store'
import { BusError } from './bus-error.ts'
import { checkPart, eventSubjectOf } from './subject.ts'

/** An event as DRP sends it, with an id. Its subject is `Type.Action.Key`. */
export interface BusEvent {
  /** Two events of one id are one event; 1..256 bytes. */
  readonly id: string
  /** RFC 3339. */
  readonly Time: string
  readonly Type: string
  readonly Action: string
  readonly Key: string
  readonly Principal: string
  readonly Object: unknown
  readonly Original: unknown
}

/** 1 MiB less room for headers. */
const BODY_BYTES_MAX = 960 * 1024
const ID_BYTES_MAX = 256

/** The event as JSON text. Throws BusError INPUT where a limit is passed. */
export function encodeEvent(event: BusEvent): string {
  checkId(event.id)
  for (const part of [event.Type, event.Action, event.Key]) checkPart(part)
  return encodeBody(event)
}

export function decodeEvent(text: string): BusEvent {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) throw new BusError('INPUT', 'an event must be a JSON object')
  const event = value as Partial<BusEvent>
  for (const name of ['id', 'Type', 'Action', 'Key'] as const) {
    if (typeof event[name] !== 'string') throw new BusError('INPUT', `an event must have ${name} as text`)
  }
  return value as BusEvent
}

/** Throws BusError INPUT also for an event that is not on its own subject: whoever may send under one may not speak for another. */
export function decodeEventOn(subject: string, text: string): BusEvent {
  const event = decodeEvent(text)
  if (eventSubjectOf(event) === subject) return event
  throw new BusError('INPUT', `it says that it is ${event.Type}.${event.Action}.${event.Key}`)
}

/** JSON text of up to 1 MiB less 64 KiB for headers, as much as a NATS server takes by default. */
export function encodeBody(value: unknown): string {
  const text = written(value)
  if (text === undefined) throw new BusError('INPUT', 'a body must be something that JSON can say')
  // A UTF-16 unit has at most three bytes of UTF-8.
  if (text.length * 3 <= BODY_BYTES_MAX) return text
  const bytes = Buffer.byteLength(text)
  if (bytes <= BODY_BYTES_MAX) return text
  throw new BusError('INPUT', `a body has at most ${BODY_BYTES_MAX} bytes as JSON, this one has ${bytes}`)
}

/** Throws BusError INPUT for a value that contains itself or is nested thousands of levels deep. */
function written(value: unknown): string | undefined {
  try {
    return jsonText(value)
  } catch (cause) {
    throw new BusError('INPUT', 'a body must be something that JSON can say', { cause })
  }
}

/** The value of a text from the bus. Throws BusError INPUT. */
export function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new BusError('INPUT', `the text ${cause.message}`, { cause })
  }
}

function checkId(id: string): void {
  const bytes = Buffer.byteLength(id)
  if (bytes === 0 || bytes > ID_BYTES_MAX || /[\u0000-\u001f\u007f]/.test(id)) {
    throw new BusError('INPUT', `an event's id has 1 to ${ID_BYTES_MAX} bytes and no control characters`)
  }
}

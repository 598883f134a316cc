import { type DrpEvent, decodeDrpEvent, STREAM_EVENT_TYPE } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'

/** The bus's limit for each part of a subject and for an id. */
const PART_BYTES_MAX = 256
const ID = /^[^\p{Cc}]*$/u

/** Decodes and checks an event from a client or plugin. Throws DecodeError and REQUEST_INVALID that name the field. */
export function checkedEvent(value: unknown): DrpEvent {
  const event = decodeDrpEvent(value)
  for (const name of ['Type', 'Action', 'Key', 'Id'] as const) {
    if (Buffer.byteLength(event[name] ?? '') > PART_BYTES_MAX) {
      throw new PowerbusError('REQUEST_INVALID', `Event.${name} has at most ${PART_BYTES_MAX} bytes`)
    }
  }
  if (!ID.test(event.Id ?? '')) throw new PowerbusError('REQUEST_INVALID', 'Event.Id has no control characters')
  if (event.Type === STREAM_EVENT_TYPE) {
    throw new PowerbusError('REQUEST_INVALID', `Event.Type ${STREAM_EVENT_TYPE} is reserved for the event stream`)
  }
  if (event.Time !== '' && Number.isNaN(Date.parse(event.Time))) {
    throw new PowerbusError('REQUEST_INVALID', 'Event.Time must be RFC 3339, or left out')
  }
  return event
}

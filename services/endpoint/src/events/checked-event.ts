import { type AvailableAction, type DrpEvent, decodeDrpEvent } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { checkEventType } from './own-types.ts'

/** The bus's limit for each part of a subject and for an id. */
const PART_BYTES_MAX = 256
const ID = /^[^\p{Cc}]*$/u

/**
 * Decodes and checks an event from a client, or from a plugin with these actions. Throws DecodeError and REQUEST_INVALID
 * that name the field, and FORBIDDEN.
 */
export function checkedEvent(value: unknown, actions: readonly AvailableAction[] = []): DrpEvent {
  const event = decodeDrpEvent(value)
  for (const name of ['Type', 'Action', 'Key', 'Id'] as const) {
    if (Buffer.byteLength(event[name] ?? '') > PART_BYTES_MAX) {
      throw new PowerbusError('REQUEST_INVALID', `Event.${name} has at most ${PART_BYTES_MAX} bytes`)
    }
  }
  if (!ID.test(event.Id ?? '')) throw new PowerbusError('REQUEST_INVALID', 'Event.Id has no control characters')
  checkEventType(event, actions)
  if (event.Time !== '' && Number.isNaN(Date.parse(event.Time))) {
    throw new PowerbusError('REQUEST_INVALID', 'Event.Time must be RFC 3339, or left out')
  }
  return event
}

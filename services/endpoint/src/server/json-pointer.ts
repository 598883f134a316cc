import { PowerbusError } from '@powerbus/plugin-sdk'

const CHARACTERS_MAX = 4096
const PARTS_MAX = 100
const POINTER = /^(?:\/[^/]*)*$/
/** `~` escapes itself and the slash, and nothing else. */
const BAD_ESCAPE = /~(?![01])/
const INDEX = /^(?:0|[1-9]\d{0,15})$/

/** The parts of a JSON pointer (RFC 6901), unescaped; none for the whole document. */
export type Pointer = readonly string[]

/** Reads a pointer of at most 4096 characters and 100 parts. `place` is in the message. Throws REQUEST_INVALID. */
export function parsePointer(value: unknown, place: string): Pointer {
  if (typeof value !== 'string' || value.length > CHARACTERS_MAX || !POINTER.test(value) || BAD_ESCAPE.test(value)) {
    throw refused(place, `must be a JSON pointer (RFC 6901) of at most ${CHARACTERS_MAX} characters`)
  }
  const parts = value.split('/').slice(1)
  if (parts.length > PARTS_MAX) throw refused(place, `must have at most ${PARTS_MAX} parts`)
  const unescaped = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (unescaped.includes('__proto__')) throw refused(place, 'must not name __proto__')
  return unescaped
}

/** The array index that a part names. Throws REQUEST_INVALID for what is none: `01`, `-1`, `1e3`, `length`. */
export function indexOf(part: string, place: string): number {
  if (INDEX.test(part)) return Number(part)
  throw refused(place, `must name an index of the array by digits without a leading zero, not '${part.slice(0, 40)}'`)
}

function refused(place: string, rule: string): PowerbusError {
  return new PowerbusError('REQUEST_INVALID', `${place} ${rule}`)
}

import { paramNamePattern } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Kind } from './change.ts'

/** Excludes `/` and `:`, which have a meaning in the API's paths. */
const NAME = /^[\p{L}\p{N}][-\p{L}\p{N}._ ]*$/u
/** A part of an event's subject on the bus has at most 256 bytes. */
const NAME_BYTES_MAX = 255

/** The name of an object, or its key where its kind has no names. Throws REQUEST_INVALID, and PARAM_INVALID for a param's. */
export function checkObjectName(kind: Kind, name: string): void {
  if (kind === 'params') checkParamName(name)
  else if (!NAME.test(name) || Buffer.byteLength(name) > NAME_BYTES_MAX) throw nameInvalid(kind, name)
}

function nameInvalid(kind: Kind, name: string): PowerbusError {
  const rule = `at most ${NAME_BYTES_MAX} bytes: letters, digits, blanks, . - _, beginning with a letter or digit`
  return new PowerbusError('REQUEST_INVALID', `Name '${name.slice(0, 40)}' of ${kind} must have ${rule}`)
}

/** A path of the API holds a param's name, and clients take `.` and `..` out of a path. Throws PARAM_INVALID. */
export function checkParamName(name: string): void {
  const isAddressable = !name.split('/').some((part) => part === '.' || part === '..')
  if (isAddressable && paramNamePattern.test(name) && Buffer.byteLength(name) <= NAME_BYTES_MAX) return
  const rule = `begins with a letter, has letters, digits, blanks and - _ . /, no part . or .., at most ${NAME_BYTES_MAX} bytes`
  throw new PowerbusError('PARAM_INVALID', `'${name.slice(0, 40)}' cannot be a param's name: it ${rule}`)
}

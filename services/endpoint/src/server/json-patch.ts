import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { applyPatch, type Operation } from 'rfc6902'

const OPERATIONS_MAX = 10_000
const OPERATION_NAMES = ['add', 'remove', 'replace', 'move', 'copy', 'test']
/** RFC 6901. */
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/

/**
 * Returns a patched copy of the object (RFC 6902). Throws REQUEST_INVALID for a malformed patch, and OBJECT_CONFLICT
 * where a test fails or a path is missing, since the object has then changed since the client read it.
 */
export function applyJsonPatch(object: JsonObject, patch: unknown): unknown {
  if (!Array.isArray(patch) || patch.length > OPERATIONS_MAX) {
    throw new PowerbusError('REQUEST_INVALID', `a patch is an array of at most ${OPERATIONS_MAX} operations (RFC 6902)`)
  }
  const operations = patch.map((operation, index) => checkOperation(operation, index))
  const copy = structuredClone(object)
  const failed = applyPatch(copy, operations).findIndex((result) => result !== null)
  if (failed < 0) return copy
  const { op, path } = operations[failed] ?? { op: 'operation', path: '' }
  const text = `${op} ${path} cannot be applied: read the object again`
  throw new PowerbusError('OBJECT_CONFLICT', text)
}

function checkOperation(operation: unknown, index: number): Operation {
  const refuse = (field: string, expected: string) => {
    return new PowerbusError('REQUEST_INVALID', `[${index}].${field} must be ${expected}`)
  }
  if (!isJsonObject(operation)) throw refuse('op', OPERATION_NAMES.join(', '))
  const { op, path, from } = operation
  if (typeof op !== 'string' || !OPERATION_NAMES.includes(op))
    throw refuse('op', `one of ${OPERATION_NAMES.join(', ')}`)
  if (!isPointer(path)) throw refuse('path', 'a JSON pointer to a part of the object')
  if ((op === 'move' || op === 'copy') && !isPointer(from))
    throw refuse('from', 'a JSON pointer to a part of the object')
  if (['add', 'replace', 'test'].includes(op) && !Object.hasOwn(operation, 'value')) throw refuse('value', 'there')
  return operation as unknown as Operation
}

/** The empty pointer, which means the whole object, is refused: PUT replaces an object. */
function isPointer(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || !POINTER.test(value)) return false
  return !value.split('/').some((part) => ['__proto__', 'constructor', 'prototype'].includes(part))
}

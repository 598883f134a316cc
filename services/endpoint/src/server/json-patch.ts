import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { API_LIMITS, OBJECT_BYTES_MAX } from '../inventory/object-limits.ts'
import { indexOf, type Pointer, parsePointer } from './json-pointer.ts'
import { PatchBudget } from './patch-budget.ts'

const OPERATIONS_MAX = 10_000

interface Operation {
  readonly op: OperationName
  readonly path: Pointer
  /** Of `move` and `copy`. */
  readonly from: Pointer
  /** Of `add`, `replace` and `test`. */
  readonly value: unknown
  /** Names the operation in messages: `[2] replace /Name`. */
  readonly title: string
  /** Place in the patch, from 0. */
  readonly line: number
}

const OPERATION_NAMES = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const
type OperationName = (typeof OPERATION_NAMES)[number]

/**
 * Returns a patched copy of the object (RFC 6902, RFC 6901). Throws REQUEST_INVALID for a malformed patch and for one
 * whose result or work passes the limits, and OBJECT_CONFLICT where a test fails or a place is missing, since the object
 * has then changed since the client read it.
 */
export function applyJsonPatch(object: JsonObject, patch: unknown): unknown {
  if (!Array.isArray(patch) || patch.length > OPERATIONS_MAX) {
    throw new PowerbusError('REQUEST_INVALID', `a patch is an array of at most ${OPERATIONS_MAX} operations (RFC 6902)`)
  }
  const operations = patch.map((operation, index) => readOperation(operation, index))
  const document = new Document(object)
  for (const operation of operations) document.apply(operation)
  return document.root
}

function readOperation(operation: unknown, index: number): Operation {
  const refuse = (field: string, expected: string) => {
    return new PowerbusError('REQUEST_INVALID', `[${index}].${field} must be ${expected}`)
  }
  const names = OPERATION_NAMES.join(', ')
  if (!isJsonObject(operation)) throw refuse('op', `one of ${names}`)
  const op = OPERATION_NAMES.find((name) => name === operation.op)
  if (op === undefined) throw refuse('op', `one of ${names}`)
  const path = parsePointer(operation.path, `[${index}].path`)
  const takesFrom = op === 'move' || op === 'copy'
  const from = takesFrom ? parsePointer(operation.from, `[${index}].from`) : []
  if (['add', 'replace', 'test'].includes(op) && !Object.hasOwn(operation, 'value')) throw refuse('value', 'there')
  if (op === 'move' && path.length > from.length && from.every((part, at) => part === path[at])) {
    throw refuse('path', 'a place outside of what is moved')
  }
  const title = `[${index}] ${op} ${String(operation.path).slice(0, 100)}`
  return { op, path, from, value: operation.value, title, line: index }
}

type Holder = Record<string, unknown> | unknown[]

/** One document that operations change, in a copy of its own. */
class Document {
  root: unknown
  readonly #budget = new PatchBudget({ bytesMax: OBJECT_BYTES_MAX, ...API_LIMITS })

  constructor(object: JsonObject) {
    this.root = this.#budget.copy(object, 0)
  }

  apply(operation: Operation): void {
    const { op, path, from, value } = operation
    if (op === 'add') this.#add(operation, value)
    else if (op === 'remove') this.#remove(operation, path)
    else if (op === 'replace') this.#replace(operation)
    else if (op === 'copy') this.#add(operation, this.#find(operation, from))
    else if (op === 'move') this.#add(operation, this.#remove(operation, from))
    else if (!this.#budget.equal(this.#find(operation, path), value)) throw conflict(operation)
  }

  /** The value at the pointer. Throws OBJECT_CONFLICT where it is missing. */
  #find(operation: Operation, pointer: Pointer): unknown {
    let found = this.root
    for (const part of pointer) {
      if (Array.isArray(found) && indexOf(part, operation.title) < found.length) found = found[Number(part)]
      else if (!Array.isArray(found) && isJsonObject(found) && Object.hasOwn(found, part)) found = found[part]
      else throw conflict(operation)
    }
    return found
  }

  /** The object or array that holds the place, with the place's name in it; undefined for the whole document. */
  #holder(operation: Operation, pointer: Pointer): { readonly holder: Holder; readonly part: string } | undefined {
    const part = pointer.at(-1)
    if (part === undefined) return undefined
    const holder = this.#find(operation, pointer.slice(0, -1))
    if (!Array.isArray(holder) && !isJsonObject(holder)) throw conflict(operation)
    return { holder: holder as Holder, part }
  }

  #add(operation: Operation, value: unknown): void {
    const { path, title } = operation
    const found = this.#holder(operation, path)
    if (found === undefined || !Array.isArray(found.holder)) {
      this.#set(found, value, path.length)
      return
    }
    const { holder, part } = found
    const index = part === '-' ? holder.length : indexOf(part, title)
    if (index > holder.length) throw conflict(operation)
    this.#budget.workToShift(holder.length - index)
    holder.splice(index, 0, this.#budget.copy(value, path.length))
  }

  #replace(operation: Operation): void {
    const { path, value } = operation
    this.#find(operation, path)
    this.#set(this.#holder(operation, path), value, path.length)
  }

  /** Sets the place to a copy of the value. */
  #set(found: { readonly holder: Holder; readonly part: string } | undefined, value: unknown, depth: number): void {
    if (found === undefined) {
      this.#budget.free(this.root)
      this.root = this.#budget.copy(value, depth)
      return
    }
    const holder = found.holder as Record<string, unknown>
    if (Object.hasOwn(holder, found.part)) this.#budget.free(holder[found.part])
    holder[found.part] = this.#budget.copy(value, depth)
  }

  /** Takes the value at the pointer out of the document, and returns it. */
  #remove(operation: Operation, pointer: Pointer): unknown {
    const value = this.#find(operation, pointer)
    this.#budget.free(value)
    const found = this.#holder(operation, pointer)
    if (found === undefined) this.root = undefined
    else if (Array.isArray(found.holder)) {
      this.#budget.workToShift(found.holder.length)
      found.holder.splice(Number(found.part), 1)
    } else delete found.holder[found.part]
    return value
  }
}

/** Begins with Digital Rebar's words. */
function conflict({ title, line }: Operation): PowerbusError {
  return new PowerbusError('OBJECT_CONFLICT', `Patch failed to apply at line ${line}: ${title}: read the object again`)
}

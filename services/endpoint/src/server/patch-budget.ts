import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { ExactNumber, isSameNumber, type JsonLimits } from '@powerbus/store'

/** Work of one patch: about 0.1 s. Work is counted in bytes that are copied, compared or measured. */
const WORK_MAX = 8 * 1024 * 1024
/** Work and bytes of any value beside its text: the value itself, its comma, a small number. */
const VALUE_BYTES = 4
const VALUE_WORK = 60

export interface PatchLimits extends JsonLimits {
  readonly bytesMax: number
}

/** Counts the size of a document while a patch changes it, and the patch's work. Throws REQUEST_INVALID over a limit. */
export class PatchBudget {
  readonly #limits: PatchLimits
  #bytes = 0
  #values = 0
  #work = 0

  constructor(limits: PatchLimits) {
    this.#limits = limits
  }

  /** A copy of a value, which becomes a part of the document `depth` levels below its top. */
  copy(value: unknown, depth: number): unknown {
    this.#count(value, 1)
    if (!isHolder(value)) return value
    if (depth >= this.#limits.depthMax) throw refused(`is nested more than ${this.#limits.depthMax} levels deep`)
    if (Array.isArray(value)) return value.map((inner) => this.copy(inner, depth + 1))
    const made: Record<string, unknown> = {}
    for (const name of Object.keys(value)) {
      this.#bytes += name.length + 3
      made[name] = this.copy((value as JsonObject)[name], depth + 1)
    }
    return made
  }

  /** Must be called for a value that leaves the document. */
  free(value: unknown): void {
    this.#count(value, -1)
    if (!isHolder(value)) return
    for (const [name, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) this.#bytes -= name.length + 3
      this.free(inner)
    }
  }

  /** Equality of RFC 6902 §4.6: numbers by their value, members in any order. */
  equal(a: unknown, b: unknown): boolean {
    this.#spend(VALUE_WORK + (typeof a === 'string' ? a.length : 0))
    if (Array.isArray(a) && Array.isArray(b)) {
      return a.length === b.length && a.every((inner, index) => this.equal(inner, b[index]))
    }
    if (isNumber(a) && isNumber(b)) return isSameNumber(a, b)
    if (Array.isArray(a) || Array.isArray(b) || !isJsonObject(a) || !isJsonObject(b)) return a === b
    const names = Object.keys(a)
    if (names.length !== Object.keys(b).length) return false
    return names.every((name) => Object.hasOwn(b, name) && this.equal(a[name], b[name]))
  }

  /** Counts the move of an array's elements. */
  workToShift(elements: number): void {
    this.#spend(elements / 16)
  }

  #spend(amount: number): void {
    this.#work += amount
    if (this.#work > WORK_MAX) throw refused('is too much work: send it in several patches')
  }

  #count(value: unknown, sign: 1 | -1): void {
    const characters = typeof value === 'string' || value instanceof ExactNumber ? String(value).length : 0
    this.#spend(VALUE_WORK + characters)
    this.#values += sign
    this.#bytes += sign * (VALUE_BYTES + characters)
    const { bytesMax, valuesMax } = this.#limits
    if (sign < 0) return
    if (this.#values > valuesMax) throw refused(`would make an object of more than ${valuesMax} values`)
    if (this.#bytes > bytesMax) throw refused(`would make an object of more than ${bytesMax} bytes as JSON`)
  }
}

function isHolder(value: unknown): value is readonly unknown[] | JsonObject {
  return Array.isArray(value) || isJsonObject(value)
}

function isNumber(value: unknown): value is number | ExactNumber {
  return typeof value === 'number' || value instanceof ExactNumber
}

function refused(what: string): PowerbusError {
  return new PowerbusError('REQUEST_INVALID', `the patch ${what}`)
}

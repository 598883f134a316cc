import { isJsonObject, type Json, type JsonObject, own } from './json-value.ts'
import type { MaybePromise } from './managed-machine.ts'
import { Refusal } from './refusal.ts'
import { message, type ServiceMessage, shownValue } from './service-message.ts'

/** Whether a property takes the value; `name` is its path with dots. */
export type Check = (value: Json, name: string) => ServiceMessage | undefined

/** Accepted values by the path of the property, with dots. */
export type Changes = ReadonlyMap<string, Json>

/** What can be written at a resource. */
export interface PatchTable {
  /** Checks by the path of the property, with dots. */
  readonly writable: Readonly<Record<string, Check>>
  /** Carries all out, or throws a Refusal and changes nothing. Default: the resource only says what it takes. */
  readonly apply: (changes: Changes) => MaybePromise<readonly ServiceMessage[] | undefined>
  /** Status of a change that is wholly accepted; default 200 with the new body. */
  readonly status?: 200 | 204
}

/**
 * Judges a body against what can be written and what the resource shows. Throws a Refusal with 400 where nothing can be
 * accepted. DSP0266 §7.7.
 */
export function judgePatch(body: JsonObject, shown: JsonObject, { writable }: PatchTable) {
  const changes = new Map<string, Json>()
  const refusals: ServiceMessage[] = []
  const walk = (part: JsonObject, known: JsonObject | undefined, prefix: string) => {
    for (const [key, value] of Object.entries(part)) {
      if (value === undefined || (prefix === '' && key.startsWith('@odata.')) || key.startsWith('@Redfish.')) continue
      const name = prefix + key
      const check = own(writable, name)
      if (check) {
        const refusal = check(value, name)
        if (refusal) refusals.push(refusal)
        else changes.set(name, value)
      } else if (isJsonObject(value) && isWithin(name, writable)) {
        const inner = known && own(known, key)
        walk(value, isJsonObject(inner) ? inner : undefined, `${name}.`)
      } else
        refusals.push(
          message(known && Object.hasOwn(known, key) ? 'PropertyNotWritable' : 'PropertyUnknown', [name], [name]),
        )
    }
  }
  walk(body, shown, '')
  if (changes.size === 0) throw new Refusal(400, refusals.length > 0 ? refusals : [message('NoOperation')])
  return { changes, refusals }
}

function isWithin(name: string, writable: PatchTable['writable']): boolean {
  return Object.keys(writable).some((path) => path.startsWith(`${name}.`))
}

/** Puts messages beside the properties that they are about. DSP0266 §7.7. */
export function annotate(body: JsonObject, messages: readonly ServiceMessage[]): JsonObject {
  const annotations: Record<string, ServiceMessage[]> = {}
  for (const entry of messages) {
    const [pointer] = (entry.RelatedProperties as readonly string[] | undefined) ?? []
    const key = pointer === undefined ? '' : (pointer.slice(2).split('/')[0] ?? '')
    const name = `${key}@Message.ExtendedInfo`
    annotations[name] = [...(annotations[name] ?? []), entry]
  }
  return { ...body, ...annotations }
}

/**
 * An array after a PATCH: `null` removes the element at its place, `{}` keeps it, more elements are added, and a
 * shorter array cuts the rest. DSP0266 §7.7.
 */
export function patchArray(present: readonly Json[], patch: readonly Json[]): Json[] {
  return patch.flatMap((value, index) => {
    if (value === null) return []
    const old = present[index]
    if (isJsonObject(value) && Object.keys(value).length === 0) return old === undefined ? [] : [old]
    return [isJsonObject(value) && isJsonObject(old) ? { ...old, ...value } : value]
  })
}

const wrongType = (value: Json, name: string) =>
  message('PropertyValueTypeError', [shownValue(value, name), name], [name])

export const flag: Check = (value, name) => (typeof value === 'boolean' ? undefined : wrongType(value, name))

export function oneOf(values: readonly string[]): Check {
  return (value, name) => {
    if (typeof value !== 'string') return wrongType(value, name)
    return values.includes(value)
      ? undefined
      : message('PropertyValueNotInList', [shownValue(value, name), name], [name])
  }
}

export function text({ least = 0, most = 1024 }: { readonly least?: number; readonly most?: number } = {}): Check {
  return (value, name) => {
    if (typeof value !== 'string') return wrongType(value, name)
    const length = Buffer.byteLength(value)
    return length < least || length > most ? message('PropertyValueFormatError', ['…', name], [name]) : undefined
  }
}

export function whole({ least, most }: { readonly least: number; readonly most: number }): Check {
  return (value, name) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType(value, name)
    return value < least || value > most ? message('PropertyValueOutOfRange', [String(value), name], [name]) : undefined
  }
}

export function orNull(check: Check): Check {
  return (value, name) => (value === null ? undefined : check(value, name))
}

/** An array whose elements pass, are `null` or `{}`. */
export function listOf(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) return wrongType(value, name)
    const judged: readonly Json[] = value
    const isMark = (entry: Json) => entry === null || (isJsonObject(entry) && Object.keys(entry).length === 0)
    for (const entry of judged) {
      const refusal = isMark(entry) ? undefined : check(entry, name)
      if (refusal) return refusal
    }
    return undefined
  }
}

import type { JsonObject, JsonValue } from './resource.ts'

/**
 * Readers that bear with firmware: each returns undefined for what is absent, null or of another kind, at any depth of
 * the path, and none throws.
 */
export function valueAt(from: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let value = from
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value ?? undefined
}

/** Trimmed text; a number or boolean becomes text. Undefined for an empty one. */
export function textAt(from: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const value = valueAt(from, ...path)
  if (typeof value !== 'string') return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined
  return value.trim() || undefined
}

/** A finite number, also one that was sent as text: `2.0`, `"42"`, `"42.5 "`. */
export function numberAt(from: JsonValue | undefined, ...path: readonly string[]): number | undefined {
  const value = valueAt(from, ...path)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** A boolean, also as text (`true`, `Enabled`, `Disabled`). */
export function booleanAt(from: JsonValue | undefined, ...path: readonly string[]): boolean | undefined {
  const value = valueAt(from, ...path)
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.trim().toLowerCase() : undefined
  if (text === 'true' || text === 'enabled') return true
  return text === 'false' || text === 'disabled' ? false : undefined
}

export function objectAt(from: JsonValue | undefined, ...path: readonly string[]): JsonObject | undefined {
  const value = valueAt(from, ...path)
  return isObject(value) ? value : undefined
}

/** The list, empty where there is none. A single object or text that stands where a list belongs is a list of one. */
export function listAt(from: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] {
  const value = valueAt(from, ...path)
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}

/** Texts of a list, without what is no text. */
export function textsAt(from: JsonValue | undefined, ...path: readonly string[]): string[] {
  return listAt(from, ...path).flatMap((value) => textAt(value) ?? [])
}

/** Objects of a list, without what is no object. */
export function objectsAt(from: JsonValue | undefined, ...path: readonly string[]): JsonObject[] {
  return listAt(from, ...path).filter(isObject)
}

/** `@odata.id` of a link, also of the bare text and of `{href}` that early firmware sent. */
export function linkAt(from: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const value = valueAt(from, ...path)
  return typeof value === 'string' ? textAt(value) : (textAt(value, '@odata.id') ?? textAt(value, 'href'))
}

/** Links of a list, without members that have none. */
export function linksAt(from: JsonValue | undefined, ...path: readonly string[]): string[] {
  return listAt(from, ...path).flatMap((member) => linkAt(member) ?? [])
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

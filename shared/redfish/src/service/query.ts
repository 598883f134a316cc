import { isJsonObject, type Json, type JsonObject } from './json-value.ts'
import { refused } from './refusal.ts'

/** Deepest $expand; ProtocolFeaturesSupported says it. */
export const MAX_EXPAND_LEVELS = 3

export interface Query {
  readonly expand?: { readonly kind: '.' | '*' | '~'; readonly levels: number }
  readonly select?: readonly string[]
  readonly only?: true
  readonly skip?: number
  readonly top?: number
}

/**
 * Reads the query of a GET. Parameters that do not begin with `$` are ignored, but for `only`. Throws a Refusal with
 * 501 for what is not supported and with 400 for a wrong value. DSP0266 §7.3.
 */
export function readQuery(parameters: URLSearchParams): Query {
  const query: { -readonly [name in keyof Query]: Query[name] } = {}
  for (const [name, value] of parameters) {
    if (name === '$expand') query.expand = expandOf(value)
    else if (name === '$select') query.select = selectOf(value)
    else if (name === '$skip') query.skip = countOf(name, value)
    else if (name === '$top') query.top = countOf(name, value)
    else if (name === 'only') query.only = onlyOf(value)
    else if (name.startsWith('$')) throw refused(501, 'QueryNotSupported')
  }
  if (query.only && (query.expand || query.skip !== undefined || query.top !== undefined))
    throw refused(400, 'QueryNotSupportedOnResource')
  return query
}

function expandOf(value: string): NonNullable<Query['expand']> {
  const found = /^([.*~])(?:\(\$levels=(\d+)\))?$/.exec(value)
  if (!found) throw refused(400, 'QueryParameterValueFormatError', value, '$expand')
  const levels = Number(found[2] ?? 1)
  if (levels < 1 || levels > MAX_EXPAND_LEVELS)
    throw refused(400, 'QueryParameterOutOfRange', String(levels), '$expand', `1 to ${MAX_EXPAND_LEVELS}`)
  return { kind: found[1] as '.' | '*' | '~', levels }
}

function selectOf(value: string): string[] {
  const names = value.split(',').map((name) => name.trim())
  if (names.some((name) => !/^[A-Za-z@#][\w@.#/-]*$/.test(name)))
    throw refused(400, 'QueryParameterValueFormatError', value, '$select')
  return names
}

function countOf(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw refused(400, 'QueryParameterValueTypeError', value, name)
  return Number(value)
}

function onlyOf(value: string): true {
  if (value !== '') throw refused(400, 'QueryParameterValueFormatError', value, 'only')
  return true
}

/** The properties that $select names, and those that every body has. DSP0266 §7.3.3. */
export function selected(body: JsonObject, names: readonly string[]): JsonObject {
  const kept: Record<string, Json> = {}
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue
    const inner = names.filter((path) => path.startsWith(`${name}/`)).map((path) => path.slice(name.length + 1))
    if (name.startsWith('@odata.') || names.includes(name) || names.includes(name.split('@')[0] ?? ''))
      kept[name] = value
    else if (inner.length > 0 && isJsonObject(value)) kept[name] = selected(value, inner)
  }
  return kept
}

/** A page of a collection: the count stays the whole one. */
export function paged(body: JsonObject, path: string, { skip = 0, top }: Query, pageSize: number): JsonObject {
  const members = body.Members
  if (!Array.isArray(members)) return body
  const most = Math.min(top ?? Number.POSITIVE_INFINITY, pageSize)
  const end = skip + most
  const page = { ...body, Members: members.slice(skip, end) }
  const hasMore = top === undefined && end < members.length
  return hasMore ? { ...page, 'Members@odata.nextLink': `${path}?$skip=${end}` } : page
}

/** The body with linked resources in the place of their references. DSP0266 §7.3.2. */
export async function expanded(
  body: JsonObject,
  { kind, levels }: NonNullable<Query['expand']>,
  read: (path: string) => Promise<JsonObject | undefined>,
): Promise<JsonObject> {
  const visit = async (value: Json, isInLinks: boolean, left: number): Promise<Json> => {
    if (Array.isArray(value)) return await Promise.all(value.map((entry: Json) => visit(entry, isInLinks, left)))
    if (!isJsonObject(value)) return value
    const path = value['@odata.id']
    if (typeof path !== 'string' || Object.keys(value).length > 1) return await inner(value, isInLinks, left)
    const isTaken = left > 0 && (kind === '*' || (kind === '~') === isInLinks)
    const found = isTaken ? await read(path) : undefined
    return found ? await inner(found, false, left - 1) : value
  }
  const inner = async (value: JsonObject, isInLinks: boolean, left: number): Promise<JsonObject> => {
    const entries = Object.entries(value).map(async ([name, entry]) => {
      const isKept = entry === undefined || name.includes('@')
      return [name, isKept ? entry : await visit(entry, isInLinks || name === 'Links', left)] as const
    })
    return Object.fromEntries(await Promise.all(entries))
  }
  return await inner(body, false, levels)
}

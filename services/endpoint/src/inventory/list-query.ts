import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { compareValues, fieldOrParam, parseFilter } from './filter.ts'

/** How answers show an object. */
export interface View {
  /** With the effective params. */
  readonly aggregate: boolean
  /** With secure params decrypted. */
  readonly decode: boolean
  /** Fields to leave out. */
  readonly slim: readonly string[]
  /** Params to show; all where undefined. */
  readonly params: readonly string[] | undefined
}

/** A list request's query string (plugin contract §5). */
export interface ListQuery {
  readonly view: View
  readonly filters: readonly ((object: JsonObject, params: JsonObject) => boolean)[]
  readonly sort: readonly string[]
  readonly reverse: boolean
  readonly offset: number
  readonly limit: number
}

export type QueryValues = Readonly<Record<string, string | readonly string[] | undefined>>

const VIEW_NAMES = ['aggregate', 'decode', 'slim', 'params']
const PAGE_NAMES = ['sort', 'reverse', 'offset', 'limit']

/** Throws REQUEST_INVALID that names the wrong value. */
export function parseView(query: QueryValues): View {
  return {
    aggregate: flag(query, 'aggregate'),
    decode: flag(query, 'decode'),
    slim: names(query, 'slim') ?? [],
    params: names(query, 'params'),
  }
}

/** Names that belong to neither view nor page are filters. Throws REQUEST_INVALID that names the wrong value. */
export function parseListQuery(query: QueryValues): ListQuery {
  const filters = Object.entries(query).flatMap(([name, value]) => {
    if (VIEW_NAMES.includes(name) || PAGE_NAMES.includes(name)) return []
    return texts(value).map((text) => parseFilter(name, text))
  })
  return {
    view: parseView(query),
    filters,
    sort: names(query, 'sort') ?? [],
    reverse: flag(query, 'reverse'),
    offset: count(query, 'offset') ?? 0,
    limit: count(query, 'limit') ?? Number.POSITIVE_INFINITY,
  }
}

/** Filters, sorts and pages the objects. */
export function select<T extends JsonObject>(
  query: ListQuery,
  objects: readonly T[],
  paramsOf: (object: T) => JsonObject = () => ({}),
): T[] {
  const found = objects.filter((object) => query.filters.every((fits) => fits(object, paramsOf(object))))
  if (query.sort.length > 0) {
    found.sort((a, b) => {
      for (const name of query.sort) {
        const sign = compareValues(fieldOrParam(a, paramsOf(a), name), fieldOrParam(b, paramsOf(b), name))
        if (sign !== 0) return sign
      }
      return 0
    })
  }
  if (query.reverse) found.reverse()
  return found.slice(query.offset, query.offset + query.limit)
}

function texts(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function names(query: QueryValues, name: string): readonly string[] | undefined {
  if (query[name] === undefined) return undefined
  return texts(query[name])
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '')
}

function flag(query: QueryValues, name: string): boolean {
  const text = texts(query[name]).at(-1) ?? 'false'
  if (text !== 'true' && text !== 'false') throw new PowerbusError('REQUEST_INVALID', `${name} must be true or false`)
  return text === 'true'
}

function count(query: QueryValues, name: string): number | undefined {
  const text = texts(query[name]).at(-1)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new PowerbusError('REQUEST_INVALID', `${name} must be a number, 0 or more`)
  return Number(text)
}

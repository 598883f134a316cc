import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Filter, listValue, type ParamOf, parseFilter } from './filter.ts'
import type { IndexOf, ListIndex } from './list-index.ts'
import { Pace } from './pace.ts'
import type { StoredObject } from './stored-object.ts'
import { compareAll, type SortKey } from './value-kinds.ts'

/** How answers show an object. */
export interface View {
  /** With the effective params. */
  readonly aggregate: boolean
  /** With secure params decrypted. */
  readonly decode: boolean
  /** Fields to show empty, in lower case. */
  readonly slim: ReadonlySet<string>
  /** Params to show; all where undefined. */
  readonly params: ReadonlySet<string> | undefined
}

/** A list request's query string (plugin contract §5). */
export interface ListQuery {
  readonly view: View
  /** An object fits where of each group one filter does: filters of one index are alternatives. */
  readonly groups: readonly (readonly Filter[])[]
  readonly sort: readonly ListIndex[]
  readonly reverse: boolean
  readonly offset: number
  readonly limit: number
}

export type QueryValues = Readonly<Record<string, string | readonly string[] | undefined>>

const FILTERS_MAX = 32
const SORTS_MAX = 16

const VIEW_NAMES = ['aggregate', 'decode', 'slim', 'params']
const PAGE_NAMES = ['sort', 'reverse', 'offset', 'limit']
/** Of any request. */
const OTHER_NAMES = ['token', 'force']

/** Throws REQUEST_INVALID that names the wrong value. */
export function parseView(query: QueryValues): View {
  return {
    aggregate: flag(query, 'aggregate'),
    decode: flag(query, 'decode'),
    slim: new Set(names(query, 'slim')?.map((name) => name.toLowerCase())),
    params: query.params === undefined ? undefined : new Set(names(query, 'params')),
  }
}

/**
 * Names that belong to neither view nor page are filters. Throws FILTER_UNKNOWN for one that is no index, and
 * REQUEST_INVALID that names the wrong value.
 */
export async function parseListQuery(query: QueryValues, indexOf: IndexOf): Promise<ListQuery> {
  const wanted = Object.entries(query).flatMap(([name, value]) => {
    if ([VIEW_NAMES, PAGE_NAMES, OTHER_NAMES].some((known) => known.includes(name))) return []
    return texts(value).map((text) => ({ name, text }))
  })
  const sort = names(query, 'sort') ?? []
  if (wanted.length > FILTERS_MAX) throw new PowerbusError('REQUEST_INVALID', `at most ${FILTERS_MAX} filters`)
  if (sort.length > SORTS_MAX) throw new PowerbusError('REQUEST_INVALID', `sort: at most ${SORTS_MAX} names`)
  const groups = new Map<string, Filter[]>()
  for (const { name, text } of wanted) {
    const index = indexOf(name)
    groups.set(index.name, [...(groups.get(index.name) ?? []), await parseFilter(index, name, text)])
  }
  return {
    view: parseView(query),
    groups: [...groups.values()],
    sort: sort.map(indexOf),
    reverse: flag(query, 'reverse'),
    offset: count(query, 'offset') ?? 0,
    limit: count(query, 'limit') ?? Number.POSITIVE_INFINITY,
  }
}

export interface Selection<T> {
  /** The page. */
  readonly objects: readonly T[]
  /** The number of objects that the filters accept. */
  readonly count: number
}

/** Filters, sorts and pages the objects. Lets other requests run meanwhile. */
export async function select<T extends StoredObject>(
  query: ListQuery,
  objects: readonly T[],
  paramOf: ParamOf<T> = () => undefined,
): Promise<Selection<T>> {
  const found: { readonly object: T; readonly keys: readonly SortKey[] }[] = []
  const pace = new Pace()
  for (const object of objects) {
    await pace.step()
    if (!query.groups.every((group) => group.some(({ fits }) => fits(object, paramOf)))) continue
    found.push({ object, keys: query.sort.map((index) => index.values.sortKey(listValue(index, object, paramOf))) })
  }
  if (query.sort.length > 0) found.sort((a, b) => compareAll(a.keys, b.keys))
  if (query.reverse) found.reverse()
  const page = found.slice(query.offset, query.offset + query.limit)
  return { objects: page.map(({ object }) => object), count: found.length }
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

/** A condition on an index or a param (§5): `where: { 'ipmi/mode': filter.equal('redfish') }`. */
export type Filter = `${string}(${string})`

export const filter = {
  equal: (value: FilterValue): Filter => `Eq(${value})`,
  notEqual: (value: FilterValue): Filter => `Ne(${value})`,
  less: (value: FilterValue): Filter => `Lt(${value})`,
  atMost: (value: FilterValue): Filter => `Lte(${value})`,
  greater: (value: FilterValue): Filter => `Gt(${value})`,
  atLeast: (value: FilterValue): Filter => `Gte(${value})`,
  between: (low: FilterValue, high: FilterValue): Filter => `Between(${low},${high})`,
  except: (low: FilterValue, high: FilterValue): Filter => `Except(${low},${high})`,
  oneOf: (...values: readonly FilterValue[]): Filter => `In(${values.join(',')})`,
  noneOf: (...values: readonly FilterValue[]): Filter => `Nin(${values.join(',')})`,
  matches: (pattern: string): Filter => `Re(${pattern})`,
} as const

type FilterValue = string | number | boolean

export interface ListQuery {
  readonly where?: Readonly<Record<string, Filter>>
  /** Most objects in the answer. */
  readonly limit?: number
  /** Number of objects to skip. */
  readonly offset?: number
  /** Name of the index to sort by. */
  readonly sort?: string
  readonly reverse?: boolean
  /** Fields to omit, such as `Meta` and `Params`. */
  readonly slim?: readonly string[]
  /** Names of the params to include; default all. */
  readonly params?: readonly string[]
  /** Include params from profiles and defaults. */
  readonly aggregate?: boolean
  /** Decrypt secure params. */
  readonly decode?: boolean
}

/** The query as `?a=b&c=d`, or empty. */
export function queryText(query: ListQuery): string {
  const { where, slim, params, ...plain } = query
  const search = new URLSearchParams(where)
  if (slim) search.set('slim', slim.join(','))
  if (params) search.set('params', params.join(','))
  for (const [name, value] of Object.entries(plain)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? '' : `?${search}`
}

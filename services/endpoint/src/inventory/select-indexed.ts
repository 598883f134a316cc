import type { JsonObject } from '@powerbus/drp'
import type { Filter } from './filter.ts'
import { type ListQuery, type Selection, select } from './list-query.ts'
import type { ObjectIndex } from './object-index.ts'
import type { StoredObject } from './stored-object.ts'
import type { Candidates } from './value-index.ts'

type Sliced<T> = Pick<Candidates<T>, 'count' | 'slice'>

/**
 * What `select` gives for all objects, which are in the order of their names. It looks at the page alone where one index
 * answers the query; else at the objects that fit the equality filter with the fewest of them; else at all.
 */
export async function selectIndexed<T extends StoredObject>(
  query: ListQuery,
  index: ObjectIndex<T>,
  paramsOf: (object: T) => JsonObject,
): Promise<Selection<T>> {
  const { filters, sort, view } = query
  const all: Candidates<T> = {
    count: index.byName.size,
    isExact: filters.length === 0,
    slice: (offset, limit) => index.byName.slice(offset, limit),
  }
  const isByName = sort.length === 0 || sort[0] === 'Name'
  if (!isByName && filters.length === 0) {
    const order = await index.order(sort)
    if (order !== undefined && (order.isWhole || !view.aggregate)) return pageOf(order, query)
  }
  const found = filters.length === 0 ? all : ((await fewest(filters, index, view.aggregate)) ?? all)
  if (found.isExact && isByName) return pageOf(found, query)
  return await select(query, found.slice(0, found.count), paramsOf)
}

/** Exact where it is the only filter. */
async function fewest<T extends StoredObject>(
  filters: readonly Filter[],
  index: ObjectIndex<T>,
  isAggregated: boolean,
): Promise<Candidates<T> | undefined> {
  let best: Candidates<T> | undefined
  for (const { name, values } of filters) {
    if (values === undefined) continue
    const found = (await index.values(name))?.find(values, isAggregated)
    if (found !== undefined && found.count < (best?.count ?? Number.POSITIVE_INFINITY)) best = found
  }
  return best && { ...best, isExact: best.isExact && filters.length === 1 }
}

function pageOf<T>(list: Sliced<T>, { offset, limit, reverse }: ListQuery): Selection<T> {
  const { count } = list
  if (!reverse) return { objects: list.slice(offset, limit), count }
  const end = Math.max(0, count - offset)
  const start = Math.max(0, end - limit)
  return { objects: list.slice(start, end - start).reverse(), count }
}

import type { Filter, ParamOf } from './filter.ts'
import type { ListIndex } from './list-index.ts'
import { type ListQuery, type Selection, select } from './list-query.ts'
import type { ObjectIndex } from './object-index.ts'
import type { StoredObject } from './stored-object.ts'
import type { Candidates } from './value-index.ts'

type Sliced<T> = Pick<Candidates<T>, 'count' | 'slice'>

/** Where objects get params that they do not set themselves. */
export interface Inheritance<T> {
  readonly paramOf: ParamOf<T>
  /** Whether an object may get a value of that param from elsewhere: one of the wanted ones, or any. */
  mayInherit(index: ListIndex, wanted?: readonly string[]): Promise<boolean>
}

/**
 * What `select` gives for all objects, which are in the order of their names. It looks at the page alone where one index
 * answers the query; else at the objects that fit the equality filters of the index with the fewest of them; else at
 * all.
 */
export async function selectIndexed<T extends StoredObject>(
  query: ListQuery,
  index: ObjectIndex<T>,
  inheritance: Inheritance<T>,
): Promise<Selection<T>> {
  const { groups, sort } = query
  const all: Candidates<T> = {
    count: index.byName.size,
    isExact: groups.length === 0,
    slice: (offset, limit) => index.byName.slice(offset, limit),
  }
  const isByName = sort.length === 0 || sort[0]?.name === 'Name'
  if (!isByName && groups.length === 0) {
    const order = await index.order(sort)
    if (order !== undefined && (order.isWhole || !(await inheritsAny(sort, inheritance)))) return pageOf(order, query)
  }
  const found = groups.length === 0 ? all : ((await fewest(groups, index, inheritance)) ?? all)
  if (found.isExact && isByName) return pageOf(found, query)
  return await select(query, found.slice(0, found.count), inheritance.paramOf)
}

async function inheritsAny<T>(indexes: readonly ListIndex[], inheritance: Inheritance<T>): Promise<boolean> {
  for (const index of indexes) {
    if (index.param !== undefined && (await inheritance.mayInherit(index))) return true
  }
  return false
}

/** Exact where it is the only group. */
async function fewest<T extends StoredObject>(
  groups: readonly (readonly Filter[])[],
  objects: ObjectIndex<T>,
  inheritance: Inheritance<T>,
): Promise<Candidates<T> | undefined> {
  let best: Candidates<T> | undefined
  for (const group of groups) {
    const [first] = group
    if (first === undefined || group.some(({ equals }) => equals === undefined)) continue
    const { index } = first
    const wanted = group.flatMap(({ equals = [] }) => equals)
    const isInherited = index.param !== undefined && (await inheritance.mayInherit(index, wanted))
    const found = (await objects.values(index))?.find(wanted, isInherited)
    if (found !== undefined && found.count < (best?.count ?? Number.POSITIVE_INFINITY)) best = found
  }
  return best && { ...best, isExact: best.isExact && groups.length === 1 }
}

function pageOf<T>(list: Sliced<T>, { offset, limit, reverse }: ListQuery): Selection<T> {
  const { count } = list
  if (!reverse) return { objects: list.slice(offset, limit), count }
  const end = Math.max(0, count - offset)
  const start = Math.max(0, end - limit)
  return { objects: list.slice(start, end - start).reverse(), count }
}

/** Base path of the API, as at its public address. */
export const BASE_PATH = '/metal/v1'

const DEFAULT_PER_PAGE = 10

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly meta: Readonly<Record<string, unknown>>
}

/** One page of a list with its `meta`, whose links keep the filters of the request. `path` is below BASE_PATH. */
export function pageOf<Item>(all: readonly Item[], path: string, query: Readonly<Record<string, string>>): Page<Item> {
  const perPage = Number(query.per_page ?? DEFAULT_PER_PAGE)
  const page = Number(query.page ?? 1)
  const last = Math.max(1, Math.ceil(all.length / perPage))
  const link = (to: number) => {
    const search = new URLSearchParams({ ...query, page: String(to), per_page: String(perPage) })
    return { href: `${BASE_PATH}${path}?${search}` }
  }
  return {
    items: all.slice((page - 1) * perPage, page * perPage),
    meta: {
      first: link(1),
      last: link(last),
      self: link(page),
      ...(page < last && { next: link(page + 1) }),
      ...(page > 1 && { previous: link(page - 1) }),
      total: all.length,
      current_page: page,
      last_page: last,
    },
  }
}

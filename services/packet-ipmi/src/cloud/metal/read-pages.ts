import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Listing } from '../cloud.ts'

/** Largest `per_page` of the API. */
export const PER_PAGE = 100
/** A list with more pages counts as endless. */
const PAGES_MAX = 1000

interface Paged<Item extends { readonly id: string }> {
  /** Field of the items in a page, such as `devices`. */
  readonly name: string
  /** Returns the decoded JSON of a page, counted from 1. */
  readonly read: (page: number) => Promise<unknown>
  readonly decode: (value: unknown) => Item | undefined
}

/**
 * Reads the pages of a list while `meta.next` exists. Pages are asked for by number; the address in `meta.next` may
 * lead anywhere and is never followed. The list is complete if every page is valid, all name the same total, and there
 * are as many different items; without a total, the last page must name itself as `last_page`. Throws if the first page
 * fails.
 */
export async function readPages<Item extends { readonly id: string }>(paged: Paged<Item>): Promise<Listing<Item>> {
  const items = new Map<string, Item>()
  const problems = new Set<string>()
  let total: number | undefined
  const done = (): Listing<Item> => {
    if (problems.size === 0 && total !== undefined && total !== items.size)
      problems.add(`${items.size} of ${total} ${paged.name} came`)
    const [problem] = problems
    return { items: [...items.values()], complete: problem === undefined, ...(problem !== undefined && { problem }) }
  }
  for (let page = 1; page <= PAGES_MAX; page++) {
    const body = await pageOr(paged, page, problems)
    if (body === undefined) return done()
    const members = body[paged.name]
    const meta = isJsonObject(body.meta) ? body.meta : undefined
    if (!Array.isArray(members)) problems.add(`page ${page} has no ${paged.name}`)
    const isLast = !isJsonObject(meta?.next)
    if (typeof meta?.total === 'number') {
      if (page > 1 && total !== meta.total) problems.add('the list changed while it was read')
      total = meta.total
    } else if (isLast && meta?.last_page !== page) problems.add(`page ${page} does not say that it is the last`)
    for (const member of Array.isArray(members) ? members : []) {
      const item = paged.decode(member)
      if (item) items.set(item.id, item)
      else problems.add(`page ${page} has an item without an id`)
    }
    if (isLast || !Array.isArray(members) || members.length === 0) return done()
  }
  problems.add(`the list has more than ${PAGES_MAX} pages`)
  return done()
}

/** A page; undefined if a page after the first one fails, which makes the list incomplete. */
async function pageOr<Item extends { readonly id: string }>(
  { name, read }: Paged<Item>,
  page: number,
  problems: Set<string>,
): Promise<JsonObject | undefined> {
  try {
    const body = await read(page)
    if (isJsonObject(body)) return body
    throw new PowerbusError('TARGET_UNREACHABLE', `page ${page} of ${name} is not a JSON object: check packet/api-url`)
  } catch (error) {
    if (page === 1 || !(error instanceof PowerbusError)) throw error
    problems.add(error.message)
    return undefined
  }
}

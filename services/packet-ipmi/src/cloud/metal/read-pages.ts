import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Listing } from '../cloud.ts'

/** Most that the API takes as `per_page`. */
export const PER_PAGE = 100
/** A list of more pages is taken for one that never ends. */
const PAGES_MAX = 1000

export interface Paged<Item extends { readonly id: string }> {
  /** What the items are called in a page: `devices`. */
  readonly name: string
  /** Page number `page`, from 1, as decoded JSON. */
  readonly read: (page: number) => Promise<unknown>
  readonly decode: (value: unknown) => Item | undefined
}

/**
 * Every page of a list: on while `meta.next` is there (by number: its address is never followed, for it may lead anywhere). Complete only where every page came and was
 * one of the list, the same total was said, and all together have as many different members as that; where no total is said, the last page must call itself the last. Throws where the first page does not come.
 */
export async function readPages<Item extends { readonly id: string }>(paged: Paged<Item>): Promise<Listing<Item>> {
  const items = new Map<string, Item>()
  const problems = new Set<string>()
  let total: number | undefined
  const done = (): Listing<Item> => {
    if (problems.size === 0 && total !== undefined && total !== items.size)
      problems.add(`${items.size} ${paged.name} came, and there should be ${total}`)
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
      else problems.add(`page ${page} has a member without an id`)
    }
    if (isLast || !Array.isArray(members) || members.length === 0) return done()
  }
  problems.add(`the list has more than ${PAGES_MAX} pages`)
  return done()
}

/** A later page that does not come leaves the list incomplete. */
async function pageOr<Item extends { readonly id: string }>(
  { name, read }: Paged<Item>,
  page: number,
  problems: Set<string>,
): Promise<JsonObject | undefined> {
  try {
    const body = await read(page)
    if (isJsonObject(body)) return body
    throw new PowerbusError('TARGET_UNREACHABLE', `page ${page} of ${name} is no object: check packet/api-url`)
  } catch (error) {
    if (page === 1 || !(error instanceof PowerbusError)) throw error
    problems.add(error.message)
    return undefined
  }
}

import { booleanAt, linkAt, numberAt, objectsAt, textAt, valueAt } from '../resources/read-json.ts'
import type { JsonObject, Resource } from '../resources/resource.ts'
import { authorized } from './authorized.ts'
import { etagOf } from './if-match.ts'
import { readRoot } from './read-root.ts'
import type { BrokenMember } from './redfish-connection.ts'
import { RedfishError, type RedfishErrorKind } from './redfish-error.ts'
import { pathOf } from './redfish-path.ts'
import type { Request } from './request.ts'
import type { Run } from './run.ts'
import { checkedPath, read, resourceOf, type Speaker } from './verbs.ts'

/** Members of one collection. Log services of large machines have some thousands. */
const MEMBER_LIMIT = 20_000
const PAGE_LIMIT = 2_000

/** These concern the BMC and not the one member. */
const general: readonly RedfishErrorKind[] = [
  'unreachable',
  'timeout',
  'tls',
  'credentials',
  'password-change',
  'session-limit',
  'aborted',
  'closed',
]

export interface Page {
  readonly members: readonly JsonObject[]
  /** Path of the next page. */
  readonly next?: string
}

/** Members of a page, links or whole, and where the next one is. */
export function pageOf(body: JsonObject): Page {
  const next = pathOf(textAt(body, 'Members@odata.nextLink') ?? textAt(body, '@odata.nextLink') ?? '')
  return { members: objectsAt(body, 'Members'), ...(next !== undefined && { next }) }
}

/** The query by which a service gives members and not their links; undefined where it offers none. DSP0266 §7.3. */
export function expandQuery(root: JsonObject): string | undefined {
  const offers = (name: string) => booleanAt(root, 'ProtocolFeaturesSupported', 'ExpandQuery', name) === true
  const sign = offers('NoLinks') ? '.' : offers('ExpandAll') ? '*' : undefined
  if (sign === undefined) return undefined
  const most = numberAt(root, 'ProtocolFeaturesSupported', 'ExpandQuery', 'MaxLevels')
  return offers('Levels') && (most === undefined || most >= 1) ? `$expand=${sign}($levels=1)` : `$expand=${sign}`
}

/** Members over all pages. @throws RedfishError */
export async function* readMembers(
  speaker: Speaker,
  path: string,
  run: Run,
  onBroken: (member: BrokenMember) => void,
): AsyncGenerator<Resource> {
  const seen = new Set<string>()
  let count = 0
  let next: string | undefined = checkedPath(speaker, path, run)
  while (next !== undefined) {
    if (seen.has(next) || seen.size >= PAGE_LIMIT) throw fault(speaker, path, run, 'has pages without end')
    seen.add(next)
    const page: Page =
      seen.size === 1 ? await firstPage(speaker, next, run) : pageOf((await read(speaker, next, run)).body)
    for (const member of page.members) {
      count += 1
      if (count > MEMBER_LIMIT) throw fault(speaker, path, run, `has more than ${MEMBER_LIMIT} members`)
      const resource = await memberOf(speaker, member, run).catch((error: unknown) => {
        if (!(error instanceof RedfishError) || general.includes(error.kind)) throw error
        onBroken({ path: linkAt(member) ?? path, error })
        return undefined
      })
      if (resource) yield resource
    }
    next = page.next
  }
}

/** Expanded where the BMC offers that and does as it says; the plain page otherwise. */
async function firstPage(speaker: Speaker, path: string, run: Run): Promise<Page> {
  const { bmc, login } = speaker
  const query = bmc.refusesExpand ? undefined : expandQuery((await readRoot(bmc, run)).body)
  if (query !== undefined && !path.includes('?')) {
    const request: Request = { method: 'GET', path: `${path}?${query}`, own: true, isPatient: false }
    const answer = await authorized(bmc, login, request, run)
    if (answer.body && Array.isArray(valueAt(answer.body, 'Members'))) {
      return pageOf(resourceOf(speaker, request, answer, run).body)
    }
    // Not there at all, or not so: the plain request tells.
    if (![401, 403, 404].includes(answer.status)) bmc.refusesExpand = true
  }
  return pageOf((await read(speaker, path, run)).body)
}

/** A member that came whole, else the one that its link leads to. */
async function memberOf(speaker: Speaker, member: JsonObject, run: Run): Promise<Resource> {
  const path = pathOf(linkAt(member) ?? '')
  if (path === undefined) throw fault(speaker, linkAt(member) ?? 'a collection', run, 'has a member without a link')
  const isWhole = Object.keys(member).some((name) => !name.startsWith('@odata.') && name !== 'href')
  if (!isWhole) return read(speaker, path, run)
  const etag = etagOf(undefined, textAt(member, '@odata.etag'))
  return { path, body: member, ...(etag !== undefined && { etag }) }
}

function fault({ bmc }: Speaker, path: string, run: Run, what: string): RedfishError {
  return new RedfishError('malformed', bmc.address, `${path} ${what}`, { sent: run.sent, path })
}

import { type JsonObject, type JsonValue, pathOf, RedfishError } from '@powerbus/redfish'
import { Anonymizer } from './anonymizer.ts'
import type { Visit } from './visit.ts'

/** A tray of GPUs has some thousand resources; what is beyond is left out, and the result says so. */
const MOST_RESOURCES = 3000
const MOST_BYTES = 16 * 1024 * 1024
/** Sessions are other people's, and log entries name machines and people. */
const LEFT_OUT = /\/(Sessions|Entries|Jobs|Tasks)(\/|$)/i

/**
 * Resources by path, from the service root along all links, without what tells whose machine it is. Those that cannot be read are
 * listed under `/powerbus/left-out`, with those beyond the bounds.
 */
export async function readMockup(visit: Visit): Promise<Record<string, JsonObject>> {
  const anonymizer = new Anonymizer()
  const found: Record<string, JsonObject> = {}
  const leftOut: Record<string, string> = {}
  const queue = ['/redfish/v1/']
  const seen = new Set(queue)
  let bytes = 0
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (Object.keys(found).length >= MOST_RESOURCES || bytes > MOST_BYTES || visit.budget.remainingMs < 1000) {
      leftOut[path] = 'beyond the bounds of a mock-up'
      continue
    }
    const body = await readOne(visit, path, leftOut)
    if (!body) continue
    bytes += JSON.stringify(body).length
    found[anonymizer.text(path)] = anonymizer.resource(body)
    for (const link of linksIn(body)) {
      if (seen.has(link) || seen.has(`${link}/`) || LEFT_OUT.test(link)) continue
      seen.add(link)
      queue.push(link)
    }
  }
  return Object.keys(leftOut).length === 0 ? found : { ...found, '/powerbus/left-out': anonymizer.resource(leftOut) }
}

async function readOne(visit: Visit, path: string, leftOut: Record<string, string>): Promise<JsonObject | undefined> {
  try {
    return (await visit.connection.get(path, visit.budget.call({ retryBusy: false }))).body
  } catch (error) {
    // A wrong password, or a BMC that is gone, says nothing about this resource alone.
    if (!(error instanceof RedfishError) || error.status === undefined || error.status === 401) throw error
    leftOut[path] = `${error.kind} (${error.status})`
    return undefined
  }
}

/** Each `@odata.id` in the body that is a path of the tree. */
function linksIn(value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(linksIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value as JsonObject).flatMap(([name, inner]) => {
    if (name !== '@odata.id' || typeof inner !== 'string') return linksIn(inner)
    const path = pathOf(inner)?.replace(/(?<=.)\/+$/, '')
    return path?.startsWith('/redfish/v1') && path !== '/redfish/v1' ? [path] : []
  })
}

import { authenticate, mayRead, mayWrite, needsLogin } from './admission.ts'
import { resourceBody, typedBody } from './body.ts'
import { entityTag, namesTag } from './entity-tag.ts'
import type { Incoming, Outgoing } from './incoming.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'
import { annotate, judgePatch } from './patch.ts'
import { ROOT } from './paths.ts'
import { expanded, paged, readQuery, selected } from './query.ts'
import { Refusal, refused } from './refusal.ts'
import { readParts } from './request-parts.ts'
import type { Answer, Call, Caller, Resource } from './resource.ts'
import { resourceAt } from './router.ts'
import { errorBody, message } from './service-message.ts'
import type { ServiceState } from './service-state.ts'
import { monitorAnswer, startTask } from './task-answer.ts'

const MONITOR = `${ROOT}/TaskService/TaskMonitors/`
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'])

/**
 * Answers a request as DSP0266 §7 and §8 say. `onError` gets errors of the service itself, which are answered with 500.
 */
export async function exchange(
  state: ServiceState,
  incoming: Incoming,
  onError: (error: unknown) => void,
): Promise<Outgoing> {
  const { url } = incoming
  try {
    return await answerTo(state, incoming)
  } catch (error) {
    const refusal = error instanceof Refusal ? error : refused(500, 'InternalError')
    if (refusal !== error) onError(error)
    const realm = refusal.status === 401 ? { 'WWW-Authenticate': 'Basic realm="Redfish"' } : {}
    const body = errorBody(refusal.messages)
    return outgoing({ status: refusal.status, body, headers: { ...realm, ...refusal.headers } }, url)
  }
}

async function answerTo(state: ServiceState, incoming: Incoming): Promise<Outgoing> {
  const { method, url, headers } = incoming
  const { path, parameters } = placeOf(state, url, method)
  const resource = path.startsWith(MONITOR) ? monitorOf(state, path) : resourceAt(state, path)
  const caller = needsLogin(resource, method) ? await authenticate(state, incoming) : undefined
  if (!resource) throw refused(404, 'ResourceMissingAtURI', path)
  const allow = allowed(resource)
  if (!KNOWN_METHODS.has(method)) throw refused(501, 'OperationNotAllowed')
  if (!allow.includes(method)) throw new Refusal(405, [message('OperationNotAllowed')], { Allow: allow.join(', ') })
  checkHeaders(headers, resource)
  const isRead = method === 'GET' || method === 'HEAD'
  if (caller) mayRead(caller, resource, { path, method })
  else if (method === 'POST' && !incoming.isSecure && !state.quirks.plainLogin) throw refused(403, 'AccessForbidden')
  if (resource.isEventStream && caller) return { status: 200, headers: {}, body: undefined, stream: caller }
  const answer = isRead
    ? await get(state, resource, { path, parameters, headers })
    : await write(state, resource, { incoming, path, caller })
  const isGood = isRead && answer.status < 300
  return outgoing(
    { ...answer, headers: { ...(isGood && { Allow: allow.join(', ') }), ...answer.headers } },
    url,
    resource,
  )
}

/** The path without a slash at its end, as the service wants it, and the query. */
function placeOf({ quirks }: ServiceState, url: string, method: string) {
  const [whole = '', query = ''] = url.split(/\?(.*)/s, 2)
  const isRoot = whole === ROOT || whole === `${ROOT}/` || whole === '/redfish' || whole === '/redfish/'
  const hasSlash = whole.endsWith('/') && whole.length > 1
  const bare = hasSlash ? whole.slice(0, -1) : whole
  const missing = refused(404, 'ResourceMissingAtURI', whole)
  if (!isRoot && quirks.trailingSlash === 'redirect' && hasSlash)
    throw new Refusal(308, [message('ResourceMissingAtURI', [whole])], { Location: bare })
  if (!isRoot && quirks.trailingSlash === 'needed' && !hasSlash) throw missing
  if (!isRoot && quirks.trailingSlash === 'refused' && hasSlash) throw missing
  // A POST to the members is one to the collection. DSP0266 §7.9.
  const isMembers = method === 'POST' && bare.endsWith('/Members')
  return { path: isMembers ? bare.slice(0, -'/Members'.length) : bare, parameters: new URLSearchParams(query) }
}

function allowed({ read, text, isEventStream, patch, post, remove }: Resource): readonly string[] {
  return [
    ...(read || text || isEventStream ? ['GET', 'HEAD'] : []),
    ...(patch ? ['PATCH'] : []),
    ...(post ? ['POST'] : []),
    ...(remove ? ['DELETE'] : []),
  ]
}

function monitorOf(state: ServiceState, path: string): Resource | undefined {
  const id = path.slice(MONITOR.length)
  return state.tasks.get(id) && { read: () => ({}), isVolatile: true }
}

function checkHeaders(headers: Incoming['headers'], { text, isEventStream }: Resource): void {
  const version = headers['odata-version']
  if (version !== undefined && version.trim() !== '4.0') throw refused(412, 'HeaderInvalid', 'OData-Version')
  const accept = headers.accept
  const own = isEventStream ? 'text/event-stream' : (text?.mediaType ?? 'application/json')
  if (accept !== undefined && !accepts(accept, own)) throw refused(406, 'HeaderInvalid', 'Accept')
}

function accepts(accept: string, mediaType: string): boolean {
  return accept.split(',').some((range) => {
    const [name = '', ...parameters] = range.trim().toLowerCase().split(';')
    if (parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(parameter))) return false
    const type = name.trim()
    return type === '*/*' || type === mediaType || (type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1)))
  })
}

interface Reading {
  readonly path: string
  readonly parameters: URLSearchParams
  readonly headers: Incoming['headers']
}

async function get(state: ServiceState, resource: Resource, { path, parameters, headers }: Reading): Promise<Answer> {
  if (path.startsWith(MONITOR)) return monitorAnswer(state, path.slice(MONITOR.length)) ?? { status: 404 }
  if (resource.text) return { status: 200 }
  const query = readQuery(parameters)
  let whole = (await resourceBody(path, resource)) ?? {}
  const isCollection = Array.isArray(whole.Members)
  if (query.only) {
    if (!isCollection) throw refused(400, 'QueryNotSupportedOnResource')
    const member = (whole.Members as readonly JsonObject[])[0]?.['@odata.id']
    const isOnly = whole['Members@odata.count'] === 1 && typeof member === 'string'
    const found = isOnly ? resourceAt(state, member) : undefined
    if (isOnly && found) whole = (await resourceBody(member, found)) ?? {}
  }
  if ((query.skip !== undefined || query.top !== undefined) && !isCollection)
    throw refused(400, 'QueryNotSupportedOnResource')
  const tag = entityTag(whole)
  const none = headers['if-none-match']
  if (none !== undefined && namesTag(none, tag, true)) return { status: 304, headers: tagHeader(state, tag) }
  let body = typedBody(state, whole, tag)
  if (isCollection && !query.only) body = paged(body, path, query, state.quirks.pageSize)
  if (query.expand) body = await expanded(body, query.expand, (at) => readAt(state, at))
  if (query.select) body = selected(body, query.select)
  return { status: 200, body, headers: tagHeader(state, tag) }
}

async function readAt(state: ServiceState, path: string): Promise<JsonObject | undefined> {
  const resource = resourceAt(state, path)
  return resource && (await resourceBody(path, resource))
}

function tagHeader({ quirks }: ServiceState, tag: string): Readonly<Record<string, string>> {
  if (quirks.etags === 'none') return {}
  if (quirks.etags === 'empty') return { ETag: '' }
  if (quirks.etags === 'quotedTwice') return { ETag: `"${tag}"` }
  return { ETag: quirks.etags === 'weak' ? `W/${tag}` : tag }
}

interface Writing {
  readonly incoming: Incoming
  readonly path: string
  readonly caller: Caller | undefined
}

async function write(state: ServiceState, resource: Resource, { incoming, path, caller }: Writing): Promise<Answer> {
  const { method, headers, from } = incoming
  const content = readParts(incoming, resource.takesOctets === true)
  const call: Call = { ...content, from, ...(caller && { caller }) }
  if (caller) mayWrite(caller, resource, call)
  if (method === 'POST') return await post(state, resource, path, call)
  const shown = (await resourceBody(path, resource)) ?? {}
  checkPrecondition(state, method, headers['if-match'], entityTag(shown))
  if (method === 'DELETE') return (await resource.remove?.(call)) ?? { status: 405 }
  const { patch } = resource
  if (!patch) return { status: 405 }
  const { changes, refusals } = judgePatch(call.body, shown, patch)
  const notes = (await patch.apply(changes)) ?? []
  const messages = [...refusals, ...notes]
  if (patch.status === 204 && messages.length === 0) return { status: 204 }
  const changed = (await readAt(state, path)) ?? {}
  const tag = entityTag(changed)
  return { status: 200, body: annotate(typedBody(state, changed, tag), messages), headers: tagHeader(state, tag) }
}

function checkPrecondition({ quirks }: ServiceState, method: string, given: string | undefined, tag: string): void {
  if (given === undefined) {
    if (method === 'PATCH' && quirks.ifMatch !== 'optional') throw refused(quirks.ifMatch, 'PreconditionRequired')
    return
  }
  const isRefusedAny = given.trim() === '*' && quirks.noIfMatchAny
  if (isRefusedAny || !namesTag(given, tag, false)) throw refused(412, 'PreconditionFailed')
}

async function post(state: ServiceState, resource: Resource, path: string, call: Call): Promise<Answer> {
  const run = async () => (await resource.post?.(call)) ?? { status: 405 }
  const action = path.split('/Actions/')[1]
  if (action !== undefined && state.quirks.taskActions.includes(action.split('/').at(-1) ?? ''))
    return startTask(state, action, call.caller, run)
  const answer = await run()
  if (answer.resource === undefined) return answer
  const body = (await readAt(state, answer.resource)) ?? {}
  const tag = entityTag(body)
  return { ...answer, body: typedBody(state, body, tag), headers: { ...answer.headers, ...tagHeader(state, tag) } }
}

function outgoing(answer: Answer, url: string, resource?: Resource): Outgoing {
  const { status, body, headers } = answer
  const common = { 'OData-Version': '4.0', 'Cache-Control': 'no-cache', ...describedBy(body, url, resource) }
  if (resource?.text && status === 200) {
    const type = { 'Content-Type': `${resource.text.mediaType}; charset=utf-8` }
    return { status, headers: { ...common, ...type, ...headers }, body: resource.text.content }
  }
  if (!isJsonObject(body)) return { status, headers: { ...common, ...headers }, body: undefined }
  const type = { 'Content-Type': 'application/json; charset=utf-8' }
  return { status, headers: { ...common, ...type, ...headers }, body: JSON.stringify(body) }
}

/** A link to the schema of the version that the body names. DSP0266 §8.1. */
function describedBy(body: JsonObject | undefined, url: string, resource?: Resource): Readonly<Record<string, string>> {
  if (url.startsWith('/redfish/v1/$metadata')) return {}
  const shown = body?.['@odata.type']
  const type = typeof shown === 'string' ? shown.slice(1) : resource?.type
  if (type === undefined) return {}
  const file = type.split('.').slice(0, -1).join('.')
  return { Link: `<http://redfish.dmtf.org/schemas/v1/${file}.json>; rel=describedby` }
}

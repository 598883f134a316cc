import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type JsonObject, models, schemaOf } from '@powerbus/drp'
import type { AcceptedWork } from '@powerbus/plugin-sdk'
import { jsonText } from '@powerbus/store'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Logger } from 'pino'
import type { Collection } from '../inventory/collection.ts'
import { API_LIMITS } from '../inventory/object-limits.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import { describeRoutes } from '../openapi/openapi.ts'
import { kindActionRoutes } from './action-routes.ts'
import { loggedReply } from './error-reply.ts'
import { parseJsonBodies } from './json-bodies.ts'
import { nameJsonContent } from './json-content-type.ts'
import type { ObjectParts } from './object-kind.ts'
import { kindRoutes } from './object-routes.ts'
import { refuseUnknownRoutes } from './unknown-route.ts'

/** Names the request that the API has admitted, inside of this process. */
const ADMITTED = 'x-admitted-request'
const PASSED_ON = ['if-none-match', 'prefer', 'traceparent', 'tracestate']

export interface StoreObjectOptions {
  readonly parts: ObjectParts
  /** Of the API's paths. */
  readonly base: string
  readonly accepted: AcceptedWork
  readonly log: Logger
}

/**
 * Answers the requests for plugins' own objects (StoreObjects). Their kinds come and go with their providers, and routes
 * cannot: each kind has a server of its own, which listens nowhere and gets the requests that the API has admitted.
 */
export class StoreObjectRoutes {
  readonly #options: StoreObjectOptions
  readonly #servers = new WeakMap<Collection<StoredObject>, FastifyInstance>()
  /** The requests under way, by a name that nobody outside can know. */
  readonly #admitted = new Map<string, FastifyRequest>()

  constructor(options: StoreObjectOptions) {
    this.#options = options
  }

  /** False for a request that is about no plugin's objects. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { base, parts } = this.#options
    const path = request.url.startsWith(`${base}/`) ? request.url.slice(base.length + 1) : ''
    const [prefix = ''] = path.split(/[/?]/, 1)
    if (!isPluginKind(prefix) || !parts.inventory.hasKind(prefix)) return false
    const server = this.#serverOf(parts.inventory.collection(prefix))
    const ticket = randomUUID()
    this.#admitted.set(ticket, request)
    const given = Object.entries(request.headers).filter(([name]) => PASSED_ON.includes(name))
    const body = request.body === undefined ? undefined : jsonText(request.body)
    const asked = server.inject({
      method: request.method as 'GET',
      url: request.url,
      headers: {
        ...(Object.fromEntries(given) as Record<string, string>),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        [ADMITTED]: ticket,
      },
      ...(body !== undefined && { payload: body }),
    })
    const answer = await asked.finally(() => this.#admitted.delete(ticket))
    const headers = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_BACK.includes(name))
    await reply.code(answer.statusCode).headers(Object.fromEntries(headers)).send(answer.rawPayload)
    return true
  }

  /** The API's description with the routes of the kinds that there are now. */
  async described(document: JsonObject): Promise<JsonObject> {
    const { inventory } = this.#options.parts
    const kinds = inventory.kinds().filter(isPluginKind)
    let { paths, components } = document as { paths: JsonObject; components: { schemas: JsonObject } }
    for (const kind of kinds) {
      const collection = inventory.collection(kind)
      const server = this.#serverOf(collection)
      await server.ready()
      paths = { ...paths, ...server.swagger().paths }
      const { title } = collection.model
      components = { ...components, schemas: { ...components.schemas, [title]: schemaOf(collection.model) } }
    }
    return { ...document, paths, components }
  }

  #serverOf(collection: Collection<StoredObject>): FastifyInstance {
    const present = this.#servers.get(collection)
    if (present !== undefined) return present
    const { parts, base, accepted, log } = this.#options
    const admitted = (headers: IncomingHttpHeaders) => this.#admitted.get(String(headers[ADMITTED]))
    const server = fastify({
      logger: false,
      routerOptions: { maxParamLength: 1024 },
      genReqId: ({ headers }) => admitted(headers)?.id ?? '',
    }) as unknown as FastifyInstance
    describeRoutes(server, parts.version)
    parseJsonBodies(server, API_LIMITS)
    server.setReplySerializer((payload) => jsonText(payload) ?? 'null')
    nameJsonContent(server)
    refuseUnknownRoutes(server)
    server.decorateRequest('principal', '')
    server.decorateRequest('caller', null)
    server.addHook('onRequest', async (request) => {
      const outer = admitted(request.headers)
      request.principal = outer?.principal ?? ''
      request.caller = outer?.caller ?? null
    })
    server.setErrorHandler((error, request, reply) => {
      const found = loggedReply(error, request.url.split('?', 1)[0] ?? '', request.id, log)
      return reply.code(found.status).send(found.body)
    })
    server.register(
      (api, _options, done) => {
        kindRoutes(api, parts, collection)
        const find = (key: string) => collection.get(key)
        kindActionRoutes(api, parts, accepted, { path: `/${collection.kind}/:key`, kind: collection.kind, find })
        done()
      },
      { prefix: base },
    )
    this.#servers.set(collection, server)
    return server
  }
}

const NOT_PASSED_BACK = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']

function isPluginKind(prefix: string): boolean {
  return prefix !== '' && !Object.hasOwn(models, prefix)
}

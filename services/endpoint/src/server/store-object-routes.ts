import { models } from '@powerbus/drp'
import { jsonText } from '@powerbus/store'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Logger } from 'pino'
import type { Collection } from '../inventory/collection.ts'
import { API_LIMITS } from '../inventory/object-limits.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import { loggedReply } from './error-reply.ts'
import { parseJsonBodies } from './json-bodies.ts'
import { nameJsonContent } from './json-content-type.ts'
import type { ObjectParts } from './object-kind.ts'
import { kindRoutes } from './object-routes.ts'
import { refuseUnknownRoutes } from './unknown-route.ts'

/** Names the caller inside of this process; a client's header of that name is not passed on. */
const PRINCIPAL = 'x-principal'
const PASSED_ON = ['if-none-match', 'prefer', 'x-request-id']

/**
 * Answers the requests for plugins' own objects (StoreObjects). Their kinds come and go with their providers, and routes
 * cannot: each kind has a server of its own, which listens nowhere and gets the requests that the API has admitted.
 */
export class StoreObjectRoutes {
  readonly #parts: ObjectParts
  readonly #base: string
  readonly #log: Logger
  readonly #servers = new WeakMap<Collection<StoredObject>, FastifyInstance>()

  constructor(parts: ObjectParts, base: string, log: Logger) {
    this.#parts = parts
    this.#base = base
    this.#log = log
  }

  /** False for a request that is about no plugin's objects. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { inventory } = this.#parts
    const path = request.url.startsWith(`${this.#base}/`) ? request.url.slice(this.#base.length + 1) : ''
    const [prefix = ''] = path.split(/[/?]/, 1)
    if (prefix === '' || Object.hasOwn(models, prefix) || !inventory.hasKind(prefix)) return false
    const server = this.#serverOf(inventory.collection(prefix))
    const given = Object.entries(request.headers).filter(([name]) => PASSED_ON.includes(name))
    const body = request.body === undefined ? undefined : jsonText(request.body)
    const answer = await server.inject({
      method: request.method as 'GET',
      url: request.url,
      headers: {
        ...(Object.fromEntries(given) as Record<string, string>),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        [PRINCIPAL]: encodeURIComponent(request.principal),
      },
      ...(body !== undefined && { payload: body }),
    })
    const headers = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_BACK.includes(name))
    await reply.code(answer.statusCode).headers(Object.fromEntries(headers)).send(answer.rawPayload)
    return true
  }

  #serverOf(collection: Collection<StoredObject>): FastifyInstance {
    const present = this.#servers.get(collection)
    if (present !== undefined) return present
    const server = fastify({ logger: false, routerOptions: { maxParamLength: 1024 } })
    parseJsonBodies(server, API_LIMITS)
    server.setReplySerializer((payload) => jsonText(payload) ?? 'null')
    nameJsonContent(server)
    refuseUnknownRoutes(server)
    server.decorateRequest('principal', '')
    server.decorateRequest('caller', null)
    server.addHook('onRequest', async (request) => {
      request.principal = decodeURIComponent(String(request.headers[PRINCIPAL]))
    })
    server.setErrorHandler((error, request, reply) => {
      const found = loggedReply(error, request.url.split('?', 1)[0] ?? '', request.id, this.#log)
      return reply.code(found.status).send(found.body)
    })
    server.register(
      (api, _options, done) => {
        kindRoutes(api, this.#parts, collection)
        done()
      },
      { prefix: this.#base },
    )
    this.#servers.set(collection, server)
    return server
  }
}

const NOT_PASSED_BACK = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']

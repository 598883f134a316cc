import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { AcceptedWork, healthRoutes, requestIdPattern } from '@powerbus/plugin-sdk'
import { jsonText } from '@powerbus/store'
import {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify'
import type { Logger } from 'pino'
import { API_LIMITS } from '../inventory/object-limits.ts'
import { describeRoutes } from '../openapi/openapi.ts'
import { openApiRoutes } from '../openapi/openapi-routes.ts'
import { anyObject } from '../openapi/route-description.ts'
import { absentProxyRoute, absentRoutes } from './absent-routes.ts'
import { actionRoutes } from './action-routes.ts'
import { alertRoutes } from './alert-routes.ts'
import type { ApiParts } from './api-parts.ts'
import { blobRoutes } from './blob-routes.ts'
import { limitBodyTime } from './body-deadline.ts'
import type { ServerIdentity } from './certificate.ts'
import { contentRoutes } from './content-routes.ts'
import { allowOtherOrigins } from './cors.ts'
import { definitionRoutes } from './definition-routes.ts'
import { endpointRoutes } from './endpoint-routes.ts'
import { CHALLENGE, loggedReply } from './error-reply.ts'
import { serveEventStream } from './event-stream.ts'
import { fileRoutes } from './file-routes.ts'
import { parseJsonBodies } from './json-bodies.ts'
import { nameJsonContent } from './json-content-type.ts'
import { logRoutes } from './log-routes.ts'
import { LongPolls } from './long-polls.ts'
import { metaRoutes } from './meta-routes.ts'
import { objectRoutes } from './object-routes.ts'
import { pluginApiRoutes } from './plugin-api-routes.ts'
import { preferenceRoutes } from './preference-routes.ts'
import { providerRoutes } from './provider-routes.ts'
import { StoreObjectRoutes } from './store-object-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import { refuseUnknownRoutes } from './unknown-route.ts'
import { userRoutes } from './user-routes.ts'
import { whoamiRoutes } from './whoami-routes.ts'

const API_BASE = '/api/v3'

const BODY_BYTES_MAX = 2 * 1024 * 1024
/** A name of 255 bytes, each of them escaped, after `Name:`. */
const PATH_SEGMENT_CHARACTERS_MAX = 1024
/** Time for a client to send a whole request. The answer may take longer. */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 10_000
const CONNECTIONS_MAX = 2000
/** Time to answer the requests that are broken off, and to publish the last events. */
const LAST_ANSWERS_MS = 2_000

export interface Api {
  readonly server: FastifyInstance
  /** Refuses new requests and waits for the accepted ones; breaks them off after `drainMs`. */
  drain(drainMs: number): Promise<void>
}

/** Builds the REST API over TLS (plugin contract §5). It does not listen yet. */
export function buildApi(parts: ApiParts, identity: ServerIdentity, log: Logger): Api {
  const accepted = new AcceptedWork('endpoint')
  const polls = new LongPolls(parts.events)
  const server = fastify({
    https: { key: identity.key, cert: identity.certificate, minVersion: 'TLSv1.2' },
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    // limitBodyTime keeps it, since uploads may take longer.
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: PATH_SEGMENT_CHARACTERS_MAX },
    // Called for malformed paths, for which hooks and error handler do not run.
    frameworkErrors: (error, request, reply) => {
      const found = loggedReply(error, pathOf(request), request.id, log)
      return (reply as unknown as FastifyReply).code(found.status).send(found.body)
    },
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()
    },
  }) as unknown as FastifyInstance
  server.server.headersTimeout = HEADERS_TIMEOUT_MS
  server.server.maxConnections = CONNECTIONS_MAX
  parseJsonBodies(server, API_LIMITS)
  server.setReplySerializer((payload) => jsonText(payload) ?? 'null')
  nameJsonContent(server)
  const stored = new StoreObjectRoutes({ parts: { ...parts, polls }, base: API_BASE, accepted, log })
  refuseUnknownRoutes(server, (request, reply) => stored.answer(request, reply))
  describeRoutes(server, parts.version)
  server.decorateRequest('principal', '')
  server.decorateRequest('caller', null)
  limitBodyTime(server, REQUEST_TIMEOUT_MS)
  allowOtherOrigins(server)
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    // Until it is answered or its client disconnects.
    void accepted.accept(() => new Promise((resolve) => reply.raw.once('close', resolve)))
    if (request.routeOptions.config.isPublic) return
    await parts.admission.admit(request)
  })
  // Every request sees the changes of other endpoints on the same store.
  server.addHook('preHandler', async (request) => {
    const { isPublic, refreshesStore } = request.routeOptions.config
    if (!refreshesStore) await parts.inventory.refresh()
    if (!isPublic) parts.admission.confirm(request)
  })
  server.addHook('onResponse', async (request, reply) => parts.admission.answered(request, reply.statusCode))
  server.setErrorHandler((error, request, reply) => {
    const found = loggedReply(error, pathOf(request), request.id, log)
    if (found.retryAfterS !== undefined) reply.header('retry-after', String(found.retryAfterS))
    if (found.status === 401) reply.header('www-authenticate', CHALLENGE)
    return reply.code(found.status).send(found.body)
  })
  const { authority, admission, events, logs, streamLimits: limits } = parts
  const stream = serveEventStream(server.server, { authority, admission, events, logs, limits, log })
  const routes: FastifyPluginCallback = (api, _options, done) => {
    objectRoutes(api, { ...parts, polls })
    definitionRoutes(api, parts)
    endpointRoutes(api, parts)
    logRoutes(api, parts)
    whoamiRoutes(api, parts)
    actionRoutes(api, parts, accepted)
    blobRoutes(api, parts.folders)
    providerRoutes(api, parts)
    contentRoutes(api, parts)
    tokenRoutes(api, parts)
    userRoutes(api, parts)
    alertRoutes(api, parts)
    preferenceRoutes(api, parts)
    metaRoutes(api, { ...parts, polls })
    absentRoutes(api)
    done()
  }
  server.register(routes, { prefix: API_BASE })
  server.register((scope, _options, done) => {
    pluginApiRoutes(scope, parts, accepted.shutdown)
    fileRoutes(scope, parts.folders)
    openApiRoutes(scope, () => stored.described({ ...server.swagger() }))
    absentProxyRoute(scope)
    const ready = async () => {
      const stopping = accepted.stopping
      const report = await parts.readiness()
      return { ...report, ready: report.ready && !stopping, stopping }
    }
    const describe = { summary: 'Whether the endpoint lives (healthz) or is ready (readyz)', answer: anyObject }
    healthRoutes(scope, ready, { config: { isPublic: true, refreshesStore: true, describe } })
    const config = { refreshesStore: true, describe: { summary: 'Figures for Prometheus', answer: 'text' } } as const
    scope.get('/metrics', { config }, async (_request, reply) => {
      return await reply.type(parts.metrics.contentType).send(await parts.metrics.text())
    })
    done()
  })
  // closeAllConnections knows no connection that is still in its TLS handshake.
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return {
    server,
    async drain(drainMs) {
      accepted.close()
      polls.close()
      const closed = server.close()
      await accepted.drain(drainMs, LAST_ANSWERS_MS)
      await events.settled(LAST_ANSWERS_MS)
      await stream.close()
      // Clients that have not sent a whole request head by now are cut off.
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}

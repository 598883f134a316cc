import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { isLogLevel, pluginError } from '@powerbus/drp'
import { JsonError, parseJson } from '@powerbus/store'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { ApiAnswer } from '../api-request.ts'
import { PowerbusError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { PluginHost } from './plugin-host.ts'
import type { RequestWishes } from './request-wishes.ts'

/** Bytes. A machine with an inventory is far below 1 MiB. */
const BODY_LIMIT = 8 * 1024 * 1024
const HEADER_LIMIT = 32 * 1024
const HEADERS_MS = 10_000
/** For the whole request, not for its answer: actions take as long as they take. */
const REQUEST_MS = 30_000
const IDLE_MS = 120_000
/** An endpoint may run one action on each of its machines at a time, each on a connection of its own. */
const SOCKETS = 4_096
const LIMITS = { maxHeaderSize: HEADER_LIMIT, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }
const CONTRACT = '/api-plugin/v4/'
const FORWARDED = '/plugin-apis/'

export interface ServerFace {
  /** HTTPS with these in place of HTTP. */
  readonly tls?: TlsOptions
  /** Throws a PowerbusError for a request that may not be made. */
  readonly admit?: (request: FastifyRequest) => void
  /** In place of the host's own. */
  readonly config?: PluginHost['config']
  readonly routes?: (app: FastifyInstance) => void
}

/** The HTTP face of a plugin (plugin contract §3). `onStop` is called once the answer to a stop is out. */
export function pluginServer(
  host: PluginHost,
  log: Logger,
  onStop: () => void,
  { tls, admit, config = (body, wished) => host.config(body, wished), routes }: ServerFace = {},
): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    serverFactory: (handler) => {
      const server = tls ? createHttpsServer({ ...tls, ...LIMITS }, handler) : createServer(LIMITS, handler)
      server.keepAliveTimeout = IDLE_MS
      return server
    },
    clientErrorHandler: (_error, socket) => refuseUnreadable(host.name, socket),
    // The endpoint passes its callers' paths on unchanged; a path that does not decode is unknown.
    frameworkErrors: (_error, { method, url }, reply: FastifyReply) => send(reply, host.unknownPath(method, url)),
  })
  app.server.maxConnections = SOCKETS
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async (request, reply) => {
    admit?.(request)
    if (request.method !== 'POST' || !request.url.startsWith(CONTRACT)) return
    const type = request.headers['content-type'] ?? ''
    if (!/application\/json/i.test(type)) return await send(reply, host.wrongType(request.method, type))
    // The contract wants the type anywhere in the header; fastify wants a well-formed header.
    request.raw.headers['content-type'] = 'application/json'
  })
  app.setNotFoundHandler(({ method, url }, reply) => send(reply, host.unknownPath(method, url)))
  app.setErrorHandler((error, _request, reply) => send(reply, host.failed(fromFastify(error), log)))

  app.post(`${CONTRACT}config`, async (request, reply) =>
    send(reply, await config(json(request), wishes(request, log))),
  )
  app.post(`${CONTRACT}action`, async (request, reply) =>
    send(reply, await host.action(json(request), wishes(request, log))),
  )
  app.post(`${CONTRACT}publish`, async (request, reply) =>
    send(reply, await host.publish(json(request), wishes(request, log))),
  )
  app.post(`${CONTRACT}stop`, async (_request, reply) => {
    reply.raw.once('close', onStop)
    return send(reply, host.success())
  })
  app.all(`${FORWARDED}*`, async (request, reply) => {
    const url = new URL(request.url, 'http://unix')
    const answer = await host.api(
      {
        method: request.method,
        path: url.pathname.slice(FORWARDED.length).replace(/^[^/]*/, '') || '/',
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      },
      wishes(request, log),
    )
    return send(reply, answer)
  })
  routes?.(app)
  return app
}

/** Every body is text or bytes already; it is JSON unless the plugin's own API says otherwise. */
function send(reply: FastifyReply, answer: ApiAnswer): FastifyReply {
  return reply
    .code(answer.status)
    .headers({ 'content-type': 'application/json', ...answer.headers })
    .send(answer.body)
}

/** A body of length 0 is nothing. */
function json(request: FastifyRequest): unknown {
  const { body } = request
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined
  try {
    return parseJson(body.toString('utf8'))
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new PowerbusError('REQUEST_INVALID', `The body ${cause.message}`, { cause })
  }
}

/** A token that the endpoint wants to find again in the log is logged here. */
function wishes(request: FastifyRequest, log: Logger): RequestWishes {
  const level = header(request, 'x-log-request')?.toLowerCase()
  const token = header(request, 'x-log-token')
  if (token !== undefined) log.info(`token ${token}`, { token })
  return {
    requestId: header(request, 'x-request-id'),
    level: isLogLevel(level) ? level : undefined,
    traceHeaders: request.headers,
  }
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function fromFastify(error: unknown): unknown {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  const message = error instanceof Error ? error.message : String(error)
  if (status === 413) return new PowerbusError('REQUEST_TOO_LARGE', `The body is longer than ${BODY_LIMIT} bytes`)
  if (typeof status === 'number' && status >= 400 && status < 500 && !(error instanceof PowerbusError)) {
    return new PowerbusError('REQUEST_INVALID', message, { cause: error })
  }
  return error
}

/** What is not HTTP, or came too slowly, is answered without fastify. */
function refuseUnreadable(name: string, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(pluginError(name, 400, ['The request is not HTTP, too large, or came too slowly']))
  const head = ['HTTP/1.1 400 Bad Request', 'Content-Type: application/json', `Content-Length: ${body.length}`]
  socket.end(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`)
}

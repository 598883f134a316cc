import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Where pages of other origins, such as Digital Rebar's web portal, may ask: everywhere, if they have a token. */
const ALLOWED = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': [
    'Accept',
    'Authorization',
    'Cache-Control',
    'Content-Type',
    'If-Match',
    'If-None-Match',
    'Origin',
    'Prefer',
    'Range',
    'X-Log-Level',
    'X-Log-Request',
    'X-Log-Token',
    'X-Request-Id',
    'X-Requested-With',
  ].join(', '),
  'access-control-max-age': '600',
} as const

const EXPOSED = [
  'ETag',
  'Retry-After',
  'WWW-Authenticate',
  'X-DRP-LIST-COUNT',
  'X-DRP-LIST-FILTER-COUNT',
  'X-DRP-LIST-TOTAL-COUNT',
  'X-DRP-SHA256SUM',
  'X-Request-Id',
].join(', ')

/**
 * Lets pages of every origin read the answers, and answers OPTIONS without a login. To be called before the hook that
 * asks for one. `Access-Control-Allow-Credentials` is never sent: there are no cookies, and a browser that remembers a
 * password of this endpoint must not add it to another page's requests. A page must therefore have a token itself.
 */
export function allowOtherOrigins(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header('access-control-allow-origin', '*')
    if (!isForUs(request)) {
      reply.header('access-control-expose-headers', EXPOSED)
      return undefined
    }
    return await reply.code(204).headers(ALLOWED).type('application/json').send()
  })
}

/** A plugin has routes of its own for OPTIONS; what a browser asks before a request is not for it. */
function isForUs({ method, headers, url }: FastifyRequest): boolean {
  if (method !== 'OPTIONS') return false
  return headers['access-control-request-method'] !== undefined || !url.startsWith('/plugin-apis/')
}

import type { Readable } from 'node:stream'
import { onAbort } from '@powerbus/turns'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ApiParts } from './api-parts.ts'
import { withoutQueryCredential } from './query-credential.ts'

/**
 * Headers of one connection only (RFC 9110 §7.6.1). NOT_SENT adds the credentials, which are for the endpoint alone.
 */
const NOT_FORWARDED = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'host']
const NOT_SENT = [...NOT_FORWARDED, 'authorization', 'proxy-authorization']

interface PluginApiRoute {
  Params: { name: string }
}

/**
 * Forwards requests of every method to `/plugin-apis/NAME/*` to plugin NAME, with the same path (plugin contract §3).
 */
export function pluginApiRoutes(
  server: FastifyInstance,
  { inventory, supervisor }: ApiParts,
  brokenOff: AbortSignal,
): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, body, done) => done(null, body))
  const describe = { hidden: 'what a plugin answers there is its own' }
  const config = { access: { about: 'plugins' }, describe } as const
  server.all<PluginApiRoute>('/plugin-apis/:name/*', { config }, async (request, reply) => {
    const runner = supervisor.runner(inventory.plugins.get(request.params.name))
    const answer = await runner.forward({
      method: request.method,
      path: request.headers.authorization === undefined ? withoutQueryCredential(request.url) : request.url,
      headers: { ...without(request.headers, NOT_SENT), 'x-request-id': request.id },
      body: (request.body as Readable | undefined) ?? null,
      signal: goneSignal(reply, brokenOff),
    })
    return await reply.code(answer.statusCode).headers(without(answer.headers, NOT_FORWARDED)).send(answer.body)
  })
}

function without(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  names: readonly string[],
): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !names.includes(name))
  return Object.fromEntries(kept) as Record<string, string | string[]>
}

/** A signal that is aborted when the client disconnects before its answer is complete, or with `brokenOff`. */
function goneSignal(reply: FastifyReply, brokenOff: AbortSignal): AbortSignal {
  const gone = new AbortController()
  const off = onAbort(brokenOff, () => gone.abort(brokenOff.reason))
  reply.raw.once('close', () => {
    off()
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}

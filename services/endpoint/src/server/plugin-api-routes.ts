import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { PluginSupervisor } from '../host/plugin-supervisor.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { goneSignal } from './gone-signal.ts'

/** Between two ends only (RFC 9110 §7.6.1), and the credential, which is the endpoint's. */
const NOT_FORWARDED = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'host']
const NOT_SENT = [...NOT_FORWARDED, 'authorization', 'proxy-authorization']

interface PluginApiRoute {
  Params: { name: string }
}

/** Forwards every request to `/plugin-apis/NAME/*`, whatever its method, to plugin NAME with the same path (§3). */
export function pluginApiRoutes(
  server: FastifyInstance,
  { inventory, supervisor }: { readonly inventory: Inventory; readonly supervisor: PluginSupervisor },
  brokenOff: AbortSignal,
): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, body, done) => done(null, body))
  server.all<PluginApiRoute>('/plugin-apis/:name/*', async (request, reply) => {
    const runner = supervisor.runner(inventory.plugins.get(request.params.name))
    const answer = await runner.forward({
      method: request.method,
      path: request.url,
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
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !names.includes(name)) kept[name] = value
  }
  return kept
}

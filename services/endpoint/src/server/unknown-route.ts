import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DrpRefusal } from './drp-refusal.ts'

/**
 * Answers what no route takes as Digital Rebar does: 405 where the path has routes of other methods, which `Allow` then
 * lists, else 404. Must be called before the routes are added. `elsewhere` answers what is not known as a route, and gives
 * false for what it does not know either.
 */
export function refuseUnknownRoutes(
  server: FastifyInstance,
  elsewhere: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean> = async () => false,
): void {
  const known = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  server.addHook('onRoute', ({ url, method }) => {
    const route = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const name of [method].flat()) route.methods.add(name)
    known.set(url, route)
  })
  server.setNotFoundHandler(async (request, reply) => {
    if (await elsewhere(request, reply)) return reply
    const path = pathOf(request)
    const methods = [...known.values()].flatMap((route) => (route.pattern.test(path) ? [...route.methods] : []))
    if (methods.length === 0) throw refusal(404, request, 'No route')
    reply.header('allow', [...new Set(methods)].join(', '))
    throw refusal(405, request, 'Method not allowed')
  })
}

function refusal(status: number, request: FastifyRequest, message: string): DrpRefusal {
  return new DrpRefusal(status, { Type: request.method, Key: pathOf(request), Messages: [message] })
}

/** Of a route's URL with `:name` for a segment and `*` for the rest. */
function patternOf(url: string): RegExp {
  const text = url.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${text.replace(/:\w+/g, '[^/]+').replaceAll('*', '.*')}$`, 's')
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}

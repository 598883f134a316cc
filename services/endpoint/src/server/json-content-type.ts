import type { FastifyInstance } from 'fastify'

/** Names JSON as the content of every success that names none, also of 204: Digital Rebar's client fails without it. */
export function nameJsonContent(server: FastifyInstance): void {
  server.addHook('onSend', async (_request, reply, payload) => {
    if (reply.statusCode < 400 && !reply.hasHeader('content-type')) reply.type('application/json')
    return payload
  })
}

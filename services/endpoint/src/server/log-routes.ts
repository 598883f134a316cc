import type { FastifyInstance } from 'fastify'
import type { ApiParts } from './api-parts.ts'

/** The last lines of the log. They name machines, addresses and who did what, so admins alone see them. */
export function logRoutes(api: FastifyInstance, { logs }: ApiParts): void {
  api.get('/logs', { config: { access: { role: 'admin' } } }, async () => logs.lines())
}

import type { FastifyInstance } from 'fastify'
import { described, listOf, refTo } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'

/** The last lines of the log. They name machines, addresses and who did what, so admins alone see them. */
export function logRoutes(api: FastifyInstance, { logs }: ApiParts): void {
  const options = { config: { access: { role: 'admin' } } } as const
  const describe = { summary: 'Show the last lines of the log', answer: listOf(refTo('LogLine')) }
  api.get('/logs', described(options, describe), async () => logs.lines())
}

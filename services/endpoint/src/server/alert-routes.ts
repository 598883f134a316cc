import type { FastifyInstance } from 'fastify'
import { described, refTo } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'

interface AlertRoute {
  Params: { key: string }
}

/** `POST alerts/ID/acknowledge` answers the alert (`drpcli alerts ack`). Who may run actions may do that. */
export function alertRoutes(api: FastifyInstance, { alerts }: ApiParts): void {
  const seeing = described({ config: { access: { role: 'act' } } } as const, {
    summary: 'Say that somebody has seen an alert',
    answer: refTo('Alert'),
  })
  api.post<AlertRoute>('/alerts/:key/acknowledge', seeing, async (request) => {
    return await alerts.acknowledge(request.params.key, request.principal)
  })
}

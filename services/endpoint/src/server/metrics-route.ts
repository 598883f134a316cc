import type { FastifyInstance } from 'fastify'
import type { EndpointMetrics } from '../metrics/endpoint-metrics.ts'

/** `GET /metrics` for Prometheus, with a token as the API has it; answered while the store is away too. */
export function metricsRoute(server: FastifyInstance, metrics: EndpointMetrics): void {
  server.get('/metrics', { config: { refreshesStore: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
}

import type { FastifyInstance, RouteShorthandOptions } from 'fastify'

export const HEALTH_PATH = '/healthz'
export const READY_PATH = '/readyz'

/**
 * `/healthz` answers 200 while the process lives; `/readyz` answers the report, with 503 where it is not ready. Both are
 * for anybody: the report must hold no secret, address or name.
 */
export function healthRoutes(
  app: FastifyInstance,
  ready: () => Promise<{ readonly ready: boolean }>,
  options: RouteShorthandOptions = {},
): void {
  app.get(HEALTH_PATH, options, async () => ({ ok: true }))
  app.get(READY_PATH, options, async (_request, reply) => {
    const report = await ready()
    return reply.code(report.ready ? 200 : 503).send(report)
  })
}

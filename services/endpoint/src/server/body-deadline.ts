import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True: the route reads a body of any length, and limits the sender's pauses itself. */
    takesUploads?: boolean
  }
}

/** Config of a route that takes uploads. */
export const takesUploads = { takesUploads: true } as const

/** Cuts a client off that has not sent its whole body within `timeoutMs`, but for uploads. */
export function limitBodyTime(server: FastifyInstance, timeoutMs: number): void {
  server.addHook('onRequest', async ({ raw, routeOptions }) => {
    const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0
    if (!hasBody || routeOptions.config.takesUploads) return
    const timer = setTimeout(() => raw.socket.destroy(), timeoutMs)
    const clear = () => clearTimeout(timer)
    raw.once('end', clear)
    raw.once('close', clear)
  })
}

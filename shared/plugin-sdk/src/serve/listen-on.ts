import type { FastifyInstance } from 'fastify'
import type { HttpOptions } from './serve-options.ts'

const BACKLOG = 1_024

/** Listens, and gives the URL with the port that it got. Throws an Error that says what to do where the address is taken. */
export async function listenOn(app: FastifyInstance, { host, port, tls }: HttpOptions): Promise<string> {
  try {
    await app.listen({ host, port, backlog: BACKLOG })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'EADDRINUSE') throw cause
    const text = `${host}:${port} is taken, perhaps by another replica: give --http HOST:PORT, or --http off`
    throw new Error(text, { cause })
  }
  const address = app.server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`
}

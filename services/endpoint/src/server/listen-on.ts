import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Listens, and returns the port; 0 takes a free one. Throws an Error where the port is in use. */
export async function listenOn(server: FastifyInstance, address: string, port: number): Promise<number> {
  try {
    await server.listen({ host: address, port })
  } catch (cause) {
    await server.close()
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    const text = `${address} port ${port} is in use: stop what listens there, or choose another port`
    throw new Error(text, { cause })
  }
  return (server.server.address() as AddressInfo).port
}

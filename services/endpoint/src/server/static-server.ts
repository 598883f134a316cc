import { fastify } from 'fastify'
import type { Logger } from 'pino'
import type { FileFolders } from '../blobs/file-folders.ts'
import { loggedReply } from './error-reply.ts'
import { fileRoutes } from './file-routes.ts'
import { listenOn } from './listen-on.ts'
import { refuseUnknownRoutes } from './unknown-route.ts'

const CONNECTIONS_MAX = 1000
const REQUEST_TIMEOUT_MS = 10_000
/** For a client that takes no byte. */
const IDLE_MS = 60_000
/** Of a path, each byte of which may be escaped. */
const HEAD_BYTES_MAX = 16 * 1024

export interface StaticServer {
  readonly port: number
  /** Breaks off what is under way. */
  close(): Promise<void>
}

/**
 * Serves the files and images read-only, over plain HTTP and without a login, as Digital Rebar's static server does: for
 * machines whose firmware or boot loader knows no TLS. Throws an Error where the port is in use.
 */
export async function startStaticServer(
  folders: FileFolders,
  address: string,
  port: number,
  log: Logger,
): Promise<StaticServer> {
  const server = fastify({
    logger: false,
    bodyLimit: 1,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    http: { maxHeaderSize: HEAD_BYTES_MAX },
  })
  server.server.maxConnections = CONNECTIONS_MAX
  server.server.setTimeout(IDLE_MS)
  refuseUnknownRoutes(server)
  server.setErrorHandler((error, request, reply) => {
    const found = loggedReply(error, request.url.split('?', 1)[0] ?? '', request.id, log)
    return reply.code(found.status).send(found.body)
  })
  fileRoutes(server, folders)
  return { port: await listenOn(server, address, port), close: async () => await server.close() }
}

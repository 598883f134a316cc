import { once } from 'node:events'
import { createServer, STATUS_CODES } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestScope } from './test-scope.ts'

export interface HttpProxyOptions {
  /** Ports of the loopback by the `HOST:PORT` that a client asks for; other hosts get 502. */
  readonly targets: Readonly<Record<string, number>>
  /** `USER:PASSWORD` that a client must give; without it the proxy answers 407. */
  readonly credentials?: string
  /** Answer to every client in place of a tunnel, such as 403. */
  readonly status?: number
}

/** An HTTP proxy on the loopback that knows CONNECT alone, as for TLS. */
export interface HttpProxy {
  readonly port: number
  /** `HOST:PORT` of each request, in order, whether it was answered with a tunnel or not. */
  readonly asked: readonly string[]
  /** Tunnels that are open. */
  readonly tunnels: number
}

/** Starts a proxy. The scope's end closes it and its tunnels. */
export async function startHttpProxy(scope: TestScope, options: HttpProxyOptions): Promise<HttpProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const expected = options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`
  const server = createServer((_request, reply) => reply.writeHead(501).end())
  server.on('connect', (request, client: Socket, head) => {
    const target = request.url ?? ''
    asked.push(target)
    const port = options.targets[target]
    const isKnown = expected === undefined || request.headers['proxy-authorization'] === expected
    const status = options.status ?? (isKnown ? (port === undefined ? 502 : 200) : 407)
    client.on('error', () => client.destroy())
    if (status !== 200 || port === undefined) {
      const wants = status === 407 ? 'Proxy-Authenticate: Basic realm="proxy"\r\n' : ''
      client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${wants}Content-Length: 0\r\nConnection: close\r\n\r\n`)
      return
    }
    const far = connect({ port, host: '127.0.0.1' }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      far.write(head)
      client.pipe(far).pipe(client)
    })
    sockets.add(client)
    client.on('close', () => {
      sockets.delete(client)
      far.destroy()
    })
    far.on('error', () => client.destroy())
    far.on('close', () => client.destroy())
  })
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  scope.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    get tunnels() {
      return sockets.size
    },
  }
}

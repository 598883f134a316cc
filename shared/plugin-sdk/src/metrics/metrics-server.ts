import { createServer, type Server } from 'node:http'
import type { Metrics } from './metrics.ts'

const HEADERS_MS = 10_000

/** Serves `GET /metrics` for a plugin launched by an endpoint. Rejects if `address` is not HOST:PORT or is taken. */
export async function metricsServer(address: string, metrics: Metrics): Promise<Server> {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined || Number(port) > 65_535) throw new Error('POWERBUS_METRICS must be HOST:PORT')
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS }, (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(port), host.replace(/^\[|\]$/g, ''), resolve)
  })
  return server
}

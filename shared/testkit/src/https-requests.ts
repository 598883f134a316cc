import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { TestScope } from './test-scope.ts'

export interface HttpsRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | undefined
}

export interface HttpsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
}

/** Requests METHOD PATH. Rejects where the connection breaks, or without data for a minute. */
export type AskHttps = (method: string, path: string, request?: HttpsRequest) => Promise<HttpsAnswer>

const SILENCE_MS = 60_000

/**
 * Requests to one server, whose certificate is the only one to trust (PEM), over connections that are kept until the
 * scope ends. By Node's own HTTP: undici's parser takes 100 ms of CPU in every process that asks once.
 */
export function httpsRequests(scope: TestScope, url: string, certificate: string): AskHttps {
  const agent = new Agent({ keepAlive: true, secureContext: createSecureContext({ ca: certificate }) })
  scope.teardown(() => agent.destroy())
  return (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      // Node sends the body of a DELETE without a length, and its bytes would count as the next request.
      const length = body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }
      const options = { method, agent, headers: { ...length, ...headers }, timeout: SILENCE_MS }
      const sent = request(new URL(path, url), options, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('error', reject)
        answer.on('end', () => {
          const bytes = Buffer.concat(parts)
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString('utf8') })
        })
      })
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered in ${SILENCE_MS} ms`)))
      sent.on('error', reject)
      sent.end(body)
    })
}

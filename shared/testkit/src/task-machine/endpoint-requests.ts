import { Agent, request } from 'node:https'
import type { TestScope } from '../test-scope.ts'

/** Where the API of a running endpoint is, and how to reach it. */
export interface ApiAccess {
  readonly url: string
  readonly token: string
  /** The only certificate to trust (PEM). */
  readonly certificate: string
}

export interface ApiReply {
  readonly status: number
  readonly text: string
}

/** One request to `/api/v3/PATH`; `token` in place of the operator's. */
export type AskApi = (method: string, path: string, body?: unknown, token?: string) => Promise<ApiReply>

/** Requests to one endpoint over one kept connection, each with 30 s. They end with the scope. */
export function endpointRequests(scope: TestScope, access: ApiAccess): AskApi {
  const agent = new Agent({ keepAlive: true, ca: access.certificate })
  scope.teardown(() => agent.destroy())
  return (method, path, body, token = access.token) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const url = new URL(`/api/v3/${path}`, access.url)
      const sent = request(url, { method, agent, headers, timeout: 30_000 }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        answer.on('error', reject)
      })
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered in 30 s`)))
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

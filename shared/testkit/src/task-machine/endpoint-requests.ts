import { type HttpsAnswer, httpsRequests } from '../https-requests.ts'
import type { TestScope } from '../test-scope.ts'

/** Where the API of a running endpoint is, and how to reach it. */
export interface ApiAccess {
  readonly url: string
  readonly token: string
  /** The only certificate to trust (PEM). */
  readonly certificate: string
}

/** One request to `/api/v3/PATH`; `token` in place of the operator's. */
export type AskApi = (method: string, path: string, body?: unknown, token?: string) => Promise<HttpsAnswer>

/** Requests to one endpoint. They end with the scope. */
export function endpointRequests(scope: TestScope, access: ApiAccess): AskApi {
  const ask = httpsRequests(scope, access.url, access.certificate)
  return (method, path, body, token = access.token) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return ask(method, `/api/v3/${path}`, { headers, body: body === undefined ? undefined : JSON.stringify(body) })
  }
}

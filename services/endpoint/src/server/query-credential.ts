import type { FastifyRequest } from 'fastify'
import { type Credential, credentialOfQuery } from '../auth/credential.ts'

/** DRP's way to log in where no header can be sent: `?token=TOKEN` or `?token=USER:PASSWORD`. */
const NAME = 'token'

/** Takes the credential out of the request's query, so that no filter sees it. Call it without an Authorization header. */
export function takeQueryCredential(request: FastifyRequest): Credential | undefined {
  const { [NAME]: token, ...rest } = Object(request.query) as Record<string, unknown>
  request.query = rest
  return typeof token === 'string' ? credentialOfQuery(token) : undefined
}

/** As `takeQueryCredential`, of the URL of an upgrade. */
export function queryCredentialOf(url: string | undefined): Credential | undefined {
  const tokens = new URLSearchParams(queryOf(url ?? '')).getAll(NAME)
  const [token] = tokens
  return token === undefined || tokens.length > 1 ? undefined : credentialOfQuery(token)
}

/** The URL without the credential; all else in it stays as it is. */
export function withoutQueryCredential(url: string): string {
  const query = queryOf(url)
  if (query === '') return url
  const kept = query.split('&').filter((pair) => !new URLSearchParams(pair).has(NAME))
  const path = url.slice(0, url.length - query.length - 1)
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

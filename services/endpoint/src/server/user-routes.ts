import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { ADMIN } from '../auth/authority.ts'
import type { ApiParts } from './api-parts.ts'

interface TokenRoute {
  Params: { name: string }
  Querystring: { ttl?: string }
}

/** `token` takes the one-time code or a valid token and returns a new token; `login-code` takes a token only. */
export function userRoutes(api: FastifyInstance, { authority, version }: ApiParts): void {
  api.get<TokenRoute>('/users/:name/token', { config: { isPublic: true } }, async (request) => {
    const { ttl } = request.query
    if (ttl !== undefined && !/^\d{1,9}$/.test(ttl)) {
      throw new PowerbusError('REQUEST_INVALID', 'ttl must be a number of seconds')
    }
    authority.authenticate(request.headers.authorization, true)
    checkUser(request.params.name)
    const { token, expiresAt } = authority.userToken(ttl === undefined ? undefined : Number(ttl))
    const Expires = new Date(expiresAt * 1000).toISOString()
    return { Token: token, Info: { Name: ADMIN, Expires, Version: version } }
  })
  api.post<TokenRoute>('/users/:name/login-code', async (request) => {
    checkUser(request.params.name)
    const { code, expiresAt } = authority.newLoginCode()
    return { Code: code, Expires: new Date(expiresAt).toISOString() }
  })
}

function checkUser(name: string): void {
  if (name !== ADMIN) throw new PowerbusError('OBJECT_UNKNOWN', `there is no user ${name}`)
}

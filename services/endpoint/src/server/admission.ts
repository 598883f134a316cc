import type { FastifyRequest } from 'fastify'
import { askingPrincipal, ON_BEHALF_OF } from '../auth/asking-principal.ts'
import type { Authority } from '../auth/authority.ts'
import { type Asker, type Caller, principalOf } from '../auth/caller.ts'
import { type Credential, credentialOf } from '../auth/credential.ts'
import type { Login } from '../auth/login.ts'
import { ADMIN } from '../auth/login-codes.ts'
import { LoginCodeWrong, LoginLimited, PasswordWrong, TokenRefused } from '../auth/refusals.ts'
import type { Audit } from '../events/audit.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { checkRole, checkScope, readsSecrets } from './access.ts'
import { takeQueryCredential } from './query-credential.ts'

const UNKNOWN = 'unknown'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes, and until the token is checked. */
    caller: Caller | null
  }
}

export interface AdmissionParts {
  readonly authority: Authority
  readonly login: Login
  readonly inventory: Inventory
  readonly audit: Audit
}

/** Decides which requests may go on, and tells in audit events which may not. */
export class Admission {
  readonly #parts: AdmissionParts

  constructor(parts: AdmissionParts) {
    this.#parts = parts
  }

  /** Throws as `Login.admit`. */
  async check(credential: Credential | undefined, address: string, withCode = false): Promise<Caller> {
    const { login, audit } = this.#parts
    try {
      const caller = await login.admit(credential, address, withCode)
      if (caller.isCode) {
        const about = { Maker: caller.id }
        audit.publish({
          action: 'code-used',
          key: ADMIN,
          principal: principalOf(caller),
          address,
          outcome: 'ok',
          about,
        })
      }
      return caller
    } catch (error) {
      this.#tellRefused(error, address)
      throw error
    }
  }

  /** Who asks is then in the request. Throws as `check`, and FORBIDDEN where the role does not reach. */
  async admit(request: FastifyRequest, withCode = false): Promise<Caller> {
    const { authorization, [ON_BEHALF_OF]: onBehalfOf } = request.headers
    const shown = authorization === undefined ? takeQueryCredential(request) : credentialOf(authorization)
    const caller = await this.check(shown, request.ip, withCode)
    request.caller = caller
    request.principal = askingPrincipal(caller, onBehalfOf)
    this.#orTell(request, () => checkRole(caller, request))
    return caller
  }

  /**
   * To be called once the inventory is up to date: the token may have been revoked at another endpoint. Throws
   * UNAUTHENTICATED, and FORBIDDEN where the request is outside the token's scope.
   */
  confirm(request: FastifyRequest): void {
    const { authority, inventory } = this.#parts
    const caller = callerOf(request)
    authority.recheck(caller)
    this.#orTell(request, () => checkScope(caller, request, inventory))
  }

  /** Tells of a read with decode=true, when it is answered. */
  answered(request: FastifyRequest, status: number): void {
    const { caller } = request
    if (caller === null || !readsSecrets(request)) return
    const { key = '' } = Object(request.params) as { key?: string }
    const [path = ''] = request.url.split('?', 1)
    const about = { Path: path, Status: status, Token: caller.id }
    const outcome = status < 400 ? 'ok' : 'refused'
    this.#parts.audit.publish({ action: 'secrets-read', key: key || UNKNOWN, ...askerOf(request), outcome, about })
  }

  #orTell(request: FastifyRequest, check: () => void): void {
    try {
      check()
    } catch (error) {
      const { id } = callerOf(request)
      const about = { Method: request.method, Path: request.routeOptions.url ?? '' }
      const outcome = reasonOf(error)
      this.#parts.audit.publishSparsely({ action: 'token-refused', key: id, ...askerOf(request), outcome, about })
      throw error
    }
  }

  #tellRefused(error: unknown, address: string): void {
    const outcome = reasonOf(error)
    const { audit } = this.#parts
    if (error instanceof LoginCodeWrong) {
      audit.publish({ action: 'code-wrong', key: ADMIN, principal: UNKNOWN, address, outcome })
    } else if (error instanceof LoginLimited) {
      audit.publishSparsely({ action: 'code-wrong', key: 'limited', principal: UNKNOWN, address, outcome: 'limited' })
    } else if (error instanceof PasswordWrong) {
      audit.publishSparsely({ action: 'password-wrong', key: error.user, principal: UNKNOWN, address, outcome })
    } else if (error instanceof TokenRefused) {
      const { claims } = error
      const principal = claims === undefined ? UNKNOWN : principalOf(claims)
      audit.publishSparsely({ action: 'token-refused', key: claims?.id || UNKNOWN, principal, address, outcome })
    }
  }
}

/** Who asked, of a request with a valid token. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error('a route that needs a token was reached without one')
  return caller
}

export function askerOf({ principal, ip }: FastifyRequest): Asker {
  return { principal, address: ip }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

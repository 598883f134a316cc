import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Authority } from './authority.ts'
import type { Caller } from './caller.ts'
import type { Credential } from './credential.ts'
import { ADMIN } from './login-codes.ts'
import type { PasswordCheck } from './password-check.ts'
import { PasswordWrong, TokenRefused } from './refusals.ts'
import type { Users } from './users.ts'

export interface LoginParts {
  readonly authority: Authority
  readonly users: Users
  readonly passwords: PasswordCheck
}

/** Says who shows a credential: a token, a user's password, or a login code. */
export class Login {
  readonly #parts: LoginParts

  constructor(parts: LoginParts) {
    this.#parts = parts
  }

  /**
   * A token may stand in place of its user's password; a login code is taken where `withCode` is true. Asks the store
   * where another endpoint may have made the token or password. Throws UNAUTHENTICATED (TokenRefused, LoginCodeWrong),
   * FORBIDDEN (PasswordWrong), and LoginLimited after 20 wrong logins in a minute.
   */
  async admit(credential: Credential | undefined, address: string, withCode = false): Promise<Caller> {
    const { authority } = this.#parts
    if (credential === undefined)
      throw new PowerbusError('UNAUTHENTICATED', 'log in first: send Authorization: Bearer TOKEN')
    if (credential.kind === 'token') return await this.#token(credential.token)
    const { user, password } = credential
    if (authority.isOwnToken(password)) return await this.#token(password, user)
    if (user !== ADMIN) return await this.#password(user, password, address)
    if (withCode) return authority.redeemCode(user, password)
    throw new PowerbusError(
      'UNAUTHENTICATED',
      `user ${ADMIN} has no password: log in with a login code, or as another user`,
    )
  }

  async #token(token: string, user?: string): Promise<Caller> {
    const { authority } = this.#parts
    try {
      return authority.checkToken(token, user)
    } catch (error) {
      if (!(error instanceof TokenRefused) || !error.isUnknown) throw error
      await authority.refresh(error.claims)
      return authority.checkToken(token, user)
    }
  }

  async #password(user: string, password: string, address: string): Promise<Caller> {
    const { authority, users, passwords } = this.#parts
    const known = users.passwords.get(user)?.id
    const { id } = await passwords.check(user, password, address).catch(async (error: unknown) => {
      if (!(error instanceof PasswordWrong)) throw error
      await authority.refresh(undefined)
      if (users.passwords.get(user)?.id === known) throw error
      return await passwords.check(user, password, address)
    })
    const role = users.roleOf(user)
    if (role === undefined)
      throw new PowerbusError('FORBIDDEN', `user ${user} has no role: an admin gives it read, act or admin`)
    const rights = { role, scope: 'all', expiresAt: 0, chainEndsAt: 0 } as const
    return { kind: 'user', name: user, id, ...rights, isSource: true }
  }
}

import { PowerbusError } from '@powerbus/plugin-sdk'
import { LimitReached } from '../limit-reached.ts'
import type { Claims } from './token-signer.ts'

/** A token that is not, or no longer, valid. */
export class TokenRefused extends PowerbusError {
  /** Whose token it is; undefined where this endpoint did not sign it. */
  readonly claims: Pick<Claims, 'kind' | 'name' | 'id'> | undefined
  /** True where this endpoint knows no such token: another one on the same store may have made it. */
  readonly isUnknown: boolean

  constructor(message: string, claims: TokenRefused['claims'], isUnknown = false) {
    super('UNAUTHENTICATED', message)
    this.claims = claims
    this.isUnknown = isUnknown
  }
}

/** A wrong user or login code. */
export class LoginCodeWrong extends PowerbusError {
  constructor(message: string) {
    super('UNAUTHENTICATED', message)
  }
}

/** A wrong password, or a user who is not there or has none. */
export class PasswordWrong extends PowerbusError {
  /** `unknown` for a name that nobody with a password has. */
  readonly user: string

  constructor(user: string) {
    super('FORBIDDEN', "wrong user or password: an admin sets one with 'powerbus users password NAME'")
    this.user = user
  }
}

/** Too many wrong logins: all logins are refused for a while, even with the right code. */
export class LoginLimited extends LimitReached {
  constructor(retryAfterS: number) {
    super('UNAUTHENTICATED', 429, 'too many wrong logins', retryAfterS)
    this.name = 'LoginLimited'
  }
}

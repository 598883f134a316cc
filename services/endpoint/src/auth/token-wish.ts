import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Caller } from './caller.ts'
import { type Role, reaches, weaker } from './role.ts'
import { covers, type Scope, scopeText } from './token-scope.ts'

export const TTL_MAX_S = 365 * 86_400
const LASTING_DEFAULT_S = 30 * 86_400

/** A token that a caller asks for. What is left out is as the caller's own. */
export interface TokenWish {
  /** For people. */
  readonly name: string
  /** The user's name; the caller's own by default. */
  readonly owner?: string
  readonly ttlS?: number | undefined
  readonly role?: Role | undefined
  readonly scope?: Scope | undefined
  /** True: for a script, with a life of its own. Else it ends with the session. */
  readonly isLasting: boolean
}

export interface Granted {
  readonly role: Role
  readonly scope: Scope
  readonly expiresAt: number
  readonly chainEndsAt: number
}

/**
 * What the caller gets of the wish: never more than its own role, scope and chain. A session's life is cut to the
 * chain's; a script's token that would be cut is refused. Throws FORBIDDEN and REQUEST_INVALID.
 */
export function grant(caller: Caller, wish: TokenWish, nowS: number, sessionS: number): Granted {
  const { isLasting, ttlS = isLasting ? LASTING_DEFAULT_S : sessionS } = wish
  if (!Number.isInteger(ttlS) || ttlS < 1 || ttlS > TTL_MAX_S) {
    throw new PowerbusError('REQUEST_INVALID', `ttl must be a number of seconds from 1 to ${TTL_MAX_S}`)
  }
  const rights = grantedRights(caller, wish)
  if (isLasting && caller.isSource) return { ...rights, expiresAt: nowS + ttlS, chainEndsAt: 0 }
  // The token that begins a chain may itself end before the chain.
  const chainEndsAt = caller.chainEndsAt || Math.min(nowS + sessionS, caller.expiresAt || Number.POSITIVE_INFINITY)
  if (chainEndsAt <= nowS) throw new PowerbusError('UNAUTHENTICATED', 'the session is over: log in again')
  if (isLasting && wish.ttlS !== undefined && nowS + ttlS > chainEndsAt) {
    const leftS = chainEndsAt - nowS
    const how = "use a new login code ('powerbus login-code' where the endpoint runs), or make it there"
    throw new PowerbusError('FORBIDDEN', `a token that is got with this one ends within ${leftS} s: ${how}`)
  }
  return { ...rights, expiresAt: Math.min(nowS + ttlS, chainEndsAt), chainEndsAt }
}

function grantedRights(caller: Caller, wish: TokenWish): { readonly role: Role; readonly scope: Scope } {
  const { scope = caller.scope } = wish
  if (!covers(caller.scope, scope)) {
    throw new PowerbusError('FORBIDDEN', `this token's scope is ${scopeText(caller.scope)}, not ${scopeText(scope)}`)
  }
  // A change of the one object could name profiles, whose secrets are outside the scope.
  const most = scope === 'all' ? caller.role : weaker(caller.role, 'act')
  const { role = most } = wish
  if (!reaches(caller.role, role)) {
    throw new PowerbusError('FORBIDDEN', `this token's role is ${caller.role}: it cannot give ${role}`)
  }
  if (!reaches(most, role)) {
    throw new PowerbusError('REQUEST_INVALID', 'a token for one object has the role read or act')
  }
  return { role, scope }
}

import type { Role } from './role.ts'
import type { Scope } from './token-scope.ts'

/** Who asks, and what that token may do. */
export interface Caller {
  /** `operator`: by the operator file of this run. `plugin`: by a plugin's token, or one got with it. */
  readonly kind: 'user' | 'operator' | 'plugin'
  /** The user's or the plugin's name. */
  readonly name: string
  /** Id of the token; with a login code that of the token that made the code, or `login-code`. */
  readonly id: string
  readonly role: Role
  readonly scope: Scope
  /** Seconds since 1970; 0 for never. */
  readonly expiresAt: number
  /** When every token got with this one ends; 0 where a chain begins with each of them. */
  readonly chainEndsAt: number
  /** True: it may make tokens for scripts, which outlive a session. */
  readonly isSource: boolean
  /** True for a login code, which is used up. */
  readonly isCode?: true
}

/** Who asks for something that audit events tell. */
export interface Asker {
  /** `user:NAME`, `plugin:NAME` or `endpoint`. */
  readonly principal: string
  /** IP address; empty for the endpoint itself. */
  readonly address: string
}

/** `user:NAME` or `plugin:NAME`, as events name it. The operator's token is the user's. */
export function principalOf({ kind, name }: Pick<Caller, 'kind' | 'name'>): string {
  return `${kind === 'plugin' ? 'plugin' : 'user'}:${name}`
}

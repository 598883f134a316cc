import { randomBytes } from 'node:crypto'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { FailureLimit } from './failure-limit.ts'
import { LOGIN_CODE_LIFETIME_MS, LoginCode } from './login-code.ts'
import { type Claims, TokenSigner } from './token-signer.ts'

/** The only user. */
export const ADMIN = 'powerbus'

const KEY_NAME = 'auth/token-key'
const PLUGIN_PREFIX = 'auth/plugin/'
const TTL_DEFAULT_S = 8 * 3600
const TTL_MAX_S = 365 * 86_400
const FAILURES_MAX = 20
const FAILURE_WINDOW_MS = 60_000

/** Makes, checks and revokes tokens and login codes. */
export class Authority {
  readonly #store: Store
  readonly #signer: TokenSigner
  readonly #pluginIds: Map<string, string>
  /** New in each run, so that operator files of earlier runs are refused. */
  readonly #operatorId = newId()
  readonly #failures = new FailureLimit(FAILURES_MAX, FAILURE_WINDOW_MS)
  #loginCode: LoginCode | undefined

  private constructor(store: Store, key: Buffer, pluginIds: Map<string, string>) {
    this.#store = store
    this.#signer = new TokenSigner(key)
    this.#pluginIds = pluginIds
  }

  static async load(store: Store): Promise<Authority> {
    await store.compareAndSet(KEY_NAME, undefined, randomBytes(32).toString('base64'))
    const key = Buffer.from(String(await store.get(KEY_NAME)), 'base64')
    const pluginIds = new Map<string, string>()
    for await (const { key: name, value } of store.scan(PLUGIN_PREFIX)) {
      pluginIds.set(name.slice(PLUGIN_PREFIX.length), String(value))
    }
    return new Authority(store, key, pluginIds)
  }

  /** Makes a code for one login and voids the previous code. `expiresAt` is in milliseconds since 1970. */
  newLoginCode(): { readonly code: string; readonly expiresAt: number } {
    this.#loginCode = new LoginCode(performance.now())
    return { code: this.#loginCode.text, expiresAt: Date.now() + LOGIN_CODE_LIFETIME_MS }
  }

  operatorToken(): string {
    return this.#signer.sign({ kind: 'operator', name: ADMIN, id: this.#operatorId, expiresAt: 0 })
  }

  /** A token that is valid until the plugin is removed. */
  async pluginToken(plugin: string): Promise<string> {
    const id = this.#pluginIds.get(plugin) ?? (await this.#pluginId(plugin))
    this.#pluginIds.set(plugin, id)
    return this.#signer.sign({ kind: 'plugin', name: plugin, id, expiresAt: 0 })
  }

  /** All endpoints on this store share one id for each plugin. */
  async #pluginId(plugin: string): Promise<string> {
    const key = `${PLUGIN_PREFIX}${plugin}`
    await this.#store.compareAndSet(key, undefined, newId())
    return String(await this.#store.get(key))
  }

  /** Forgets the token id of a plugin that another endpoint has revoked. */
  forgetPlugin(plugin: string): void {
    this.#pluginIds.delete(plugin)
  }

  async revokePlugin(plugin: string): Promise<void> {
    this.#pluginIds.delete(plugin)
    await this.#store.delete(`${PLUGIN_PREFIX}${plugin}`)
  }

  /**
   * Makes a user's token that is valid for `ttlS` seconds: 1 s to 365 days, by default 8 hours. Throws REQUEST_INVALID.
   */
  userToken(ttlS: number = TTL_DEFAULT_S): { readonly token: string; readonly expiresAt: number } {
    if (!Number.isInteger(ttlS) || ttlS < 1 || ttlS > TTL_MAX_S) {
      throw new PowerbusError('REQUEST_INVALID', `ttl must be a number of seconds from 1 to ${TTL_MAX_S}`)
    }
    const expiresAt = Math.floor(Date.now() / 1000) + ttlS
    return { token: this.#signer.sign({ kind: 'user', name: ADMIN, id: '', expiresAt }), expiresAt }
  }

  /**
   * Checks an Authorization header: `Bearer TOKEN`, or `Basic powerbus:CODE` where `withCode` is true.
   * Throws UNAUTHENTICATED, and LoginLimited after 20 wrong logins in a minute.
   */
  authenticate(header: string | undefined, withCode = false): Claims {
    const [, scheme = '', text = ''] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? []
    if (scheme.toLowerCase() === 'bearer') return this.#checkToken(text)
    if (scheme.toLowerCase() === 'basic' && withCode) return this.#checkLogin(text)
    throw new PowerbusError('UNAUTHENTICATED', 'log in first: send Authorization: Bearer TOKEN')
  }

  #checkToken(token: string): Claims {
    const claims = this.#signer.verify(token)
    if (claims === undefined)
      throw new PowerbusError('UNAUTHENTICATED', 'the token is not one of this endpoint: log in')
    if (claims.expiresAt !== 0 && Date.now() >= claims.expiresAt * 1000) {
      throw new PowerbusError('UNAUTHENTICATED', 'the token has expired: log in again')
    }
    const liveId = { user: '', operator: this.#operatorId, plugin: this.#pluginIds.get(claims.name) }[claims.kind]
    if (claims.id !== liveId) throw new PowerbusError('UNAUTHENTICATED', 'the token was revoked: log in again')
    return claims
  }

  #checkLogin(text: string): Claims {
    const nowMs = performance.now()
    const waitMs = this.#failures.waitMs(nowMs)
    if (waitMs > 0) throw new LoginLimited(Math.ceil(waitMs / 1000))
    const [user, ...rest] = Buffer.from(text, 'base64').toString('utf8').split(':')
    if (user !== ADMIN || !this.#loginCode?.redeem(rest.join(':'), nowMs)) {
      this.#failures.fail(nowMs)
      throw new PowerbusError('UNAUTHENTICATED', 'wrong user or login code: a code is good once, for 15 minutes')
    }
    return { kind: 'user', name: ADMIN, id: '', expiresAt: 0 }
  }
}

/** `user:NAME` or `plugin:NAME`, as events name it. The operator's token is the user's. */
export function principalOf({ kind, name }: Pick<Claims, 'kind' | 'name'>): string {
  return `${kind === 'plugin' ? 'plugin' : 'user'}:${name}`
}

/** Too many wrong logins: all logins are refused for a while, even with the right code. */
export class LoginLimited extends Error {
  readonly retryAfterS: number

  constructor(retryAfterS: number) {
    super(`too many wrong logins: try again in ${retryAfterS} s`)
    this.name = 'LoginLimited'
    this.retryAfterS = retryAfterS
  }
}

function newId(): string {
  return randomBytes(16).toString('base64url')
}

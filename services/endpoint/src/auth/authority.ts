import { randomBytes } from 'node:crypto'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { Audit } from '../events/audit.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Asker, Caller } from './caller.ts'
import { isLive, type Known } from './liveness.ts'
import { ADMIN, LOGIN_CODE_ID, LoginCodes } from './login-codes.ts'
import { adoptOlderTokens } from './older-tokens.ts'
import { PluginTokenIds } from './plugin-token-ids.ts'
import { TokenRefused } from './refusals.ts'
import { auditTokens, ENDPOINT_ASKER } from './token-audit.ts'
import { TokenBook } from './token-book.ts'
import { newTokenId } from './token-id.ts'
import { fixedRecord, OLDER_ID, OPERATOR_ID, type TokenRecord } from './token-record.ts'
import { type Claims, TokenSigner } from './token-signer.ts'
import { TokenUse } from './token-use.ts'
import { grant, type TokenWish } from './token-wish.ts'
import type { Users } from './users.ts'

const KEY_NAME = 'auth/token-key'
const SESSION_DEFAULT_S = 8 * 3600
/** Records below one login or one script's token. */
const BELOW_MAX = 2000

export interface AuthorityOptions {
  readonly store: Store
  readonly inventory: Inventory
  readonly audit: Audit
  readonly users: Users
  /** Longest life, in seconds, of a chain of tokens that were got with each other; 8 hours by default. */
  readonly sessionS?: number | undefined
  /** Called where the last use of a token could not be stored. */
  readonly onUseLost: (error: unknown) => void
}

/** Makes, checks and revokes tokens and login codes. */
export class Authority {
  readonly #inventory: Inventory
  readonly #audit: Audit
  readonly #signer: TokenSigner
  readonly #book: TokenBook
  readonly #plugins: PluginTokenIds
  readonly #use: TokenUse
  readonly #sessionS: number
  /** New in each run, so that operator files of earlier runs are refused. */
  readonly #operatorId = newTokenId()
  readonly #codes = new LoginCodes()
  readonly #known: Known
  readonly #onRevoked = new Set<() => void>()

  private constructor(options: AuthorityOptions, key: Buffer, book: TokenBook, plugins: PluginTokenIds) {
    this.#inventory = options.inventory
    this.#audit = options.audit
    this.#signer = new TokenSigner(key)
    this.#book = book
    this.#plugins = plugins
    this.#use = new TokenUse(options.store, options.onUseLost)
    this.#sessionS = options.sessionS ?? SESSION_DEFAULT_S
    this.#known = { inventory: options.inventory, users: options.users, book, plugins }
    book.onRemoved(() => this.#tellRevoked())
    options.users.passwords.onChanged(() => this.#tellRevoked())
  }

  /** Revokes what belongs to plugins that are gone. Throws StoreError and STORE_UNAVAILABLE. */
  static async load(options: AuthorityOptions): Promise<Authority> {
    const { store, inventory } = options
    const isNew = await store.compareAndSet(KEY_NAME, undefined, randomBytes(32).toString('base64'))
    const key = Buffer.from(String(await store.get(KEY_NAME)), 'base64')
    const book = await inventory.alongside((sharing) => new TokenBook(store, sharing))
    const authority = new Authority(options, key, book, await PluginTokenIds.load(store))
    await adoptOlderTokens(store, book, isNew)
    for (const [plugin] of authority.#plugins.entries()) {
      if (inventory.plugins.find(plugin) === undefined) await authority.revokePlugin(plugin)
    }
    // Left by an endpoint that died while it revoked a plugin.
    const live = new Set(authority.#plugins.entries().map(([, id]) => id))
    for (const { id, kind } of book.list()) {
      const isLost = kind === 'plugin' && book.get(id) !== undefined && !live.has(book.rootOf(id).parent)
      if (isLost) auditTokens(options.audit, 'token-revoked', await book.removeWithAllBelow(id), ENDPOINT_ASKER)
    }
    return authority
  }

  /** Calls `listener`, which must not throw, after tokens were revoked. Returns what ends that. */
  onRevoked(listener: () => void): () => void {
    this.#onRevoked.add(listener)
    return () => this.#onRevoked.delete(listener)
  }

  /**
   * Makes a code for one login and voids the previous code. A token that is got with it is below the maker's token.
   * `expiresAt` is in milliseconds since 1970.
   */
  newLoginCode(maker?: Caller, asker = ENDPOINT_ASKER): { readonly code: string; readonly expiresAt: number } {
    const made = this.#codes.make(maker?.kind === 'operator' ? undefined : maker)
    const about = { Maker: maker?.id ?? OPERATOR_ID, Expires: new Date(made.expiresAt).toISOString() }
    this.#audit.publish({ action: 'code-made', key: ADMIN, ...asker, outcome: 'ok', about })
    return made
  }

  operatorToken(): string {
    const record = { ...fixedRecord('user', ADMIN), id: OPERATOR_ID, name: 'operator file' }
    auditTokens(this.#audit, 'token-made', [record], ENDPOINT_ASKER)
    return this.#signer.sign({ kind: 'operator', name: ADMIN, id: this.#operatorId, expiresAt: 0 })
  }

  /** A token that is valid until the plugin is removed, or gets another provider. */
  async pluginToken(plugin: string): Promise<string> {
    const id = this.#plugins.get(plugin) ?? (await this.#newPluginId(plugin))
    return this.#signer.sign({ kind: 'plugin', name: plugin, id, expiresAt: 0 })
  }

  /** To be called after users got other rights. */
  usersChanged(): void {
    this.#tellRevoked()
  }

  /** Forgets the token of a plugin that another endpoint has revoked. */
  forgetPlugin(plugin: string): void {
    this.#plugins.forget(plugin)
    this.#tellRevoked()
  }

  /** Revokes a plugin's token and all below it. Throws STORE_UNAVAILABLE. */
  async revokePlugin(plugin: string): Promise<void> {
    const id = await this.#plugins.look(plugin)
    if (id === undefined) return
    // From here on nothing is got with it.
    await this.#plugins.remove(plugin)
    this.#tellRevoked()
    const below = await this.#book.removeWithAllBelow(id)
    auditTokens(this.#audit, 'token-revoked', [pluginRecord(plugin, id), ...below], ENDPOINT_ASKER)
  }

  /** Makes a token for the caller: see `grant`. Throws FORBIDDEN, REQUEST_INVALID and STORE_UNAVAILABLE. */
  async makeToken(
    caller: Caller,
    wish: TokenWish,
    asker: Asker,
  ): Promise<{ readonly token: string; readonly record: TokenRecord }> {
    const nowS = secondsNow()
    const granted = grant(caller, wish, nowS, this.#sessionS)
    const kind = caller.kind === 'plugin' ? 'plugin' : 'user'
    const owner = wish.owner ?? caller.name
    const fixed = { id: newTokenId(), name: wish.name, kind, owner, parent: caller.id, madeAt: nowS } as const
    const record = await this.#book.add(() => {
      // It may have been revoked since the request began.
      this.recheck(caller)
      this.#checkCount(caller)
      return { ...fixed, ...granted }
    }, nowS)
    auditTokens(this.#audit, 'token-made', [record], asker)
    const { id, expiresAt } = record
    return { token: this.#signer.sign({ kind, name: owner, id, expiresAt }), record }
  }

  /** Revokes a token and all below it; all of them are returned. Throws OBJECT_UNKNOWN and OBJECT_CONFLICT. */
  async revoke(caller: Caller, id: string, asker: Asker): Promise<readonly TokenRecord[]> {
    if (!this.list(caller).some((record) => record.id === id)) {
      throw new PowerbusError('OBJECT_UNKNOWN', `there is no token ${id.slice(0, 64)}: 'powerbus tokens' lists them`)
    }
    if (this.#book.get(id) === undefined) {
      const text = 'a plugin keeps its own token: remove the plugin to revoke it'
      throw new PowerbusError('OBJECT_CONFLICT', text)
    }
    const revoked = await this.#book.removeWithAllBelow(id)
    for (const record of revoked) this.#use.forget(record.id)
    auditTokens(this.#audit, 'token-revoked', revoked, asker)
    return revoked
  }

  /** Revokes the tokens that `isDoomed` names, and all below them. Throws STORE_UNAVAILABLE. */
  async revokeAll(isDoomed: (record: TokenRecord) => boolean, asker: Asker): Promise<void> {
    for (const { id } of this.#book.list().filter(isDoomed)) {
      auditTokens(this.#audit, 'token-revoked', await this.#book.removeWithAllBelow(id), asker)
    }
  }

  /** Ids of a token, or of a password, and of all tokens below it. */
  idsWithin(id: string): ReadonlySet<string> {
    return this.#book.idsWithin(id)
  }

  /**
   * The live tokens and the expired ones above them, oldest first: all for an admin of everything, else the caller's own
   * and those below it.
   */
  list(caller: Caller): TokenRecord[] {
    const nowS = secondsNow()
    const isForAll = caller.role === 'admin' && caller.scope === 'all' && caller.kind !== 'plugin'
    const plugins = this.#plugins.entries().map(([plugin, id]) => pluginRecord(plugin, id))
    const below = this.#book.idsWithin(caller.id)
    return [...plugins, ...this.#book.listNeeded(nowS)]
      .filter(({ id }) => isForAll || below.has(id))
      .sort((a, b) => a.madeAt - b.madeAt)
  }

  /** Seconds since 1970 of the last uses, by token id. */
  async lastUses(): Promise<ReadonlyMap<string, number>> {
    return await this.#use.all()
  }

  /** Whether this endpoint signed it: a token may stand in place of a password. */
  isOwnToken(text: string): boolean {
    return this.#signer.verify(text) !== undefined
  }

  /**
   * Who asks with a token, by what this endpoint knows now. `user` is who it should be of. Throws UNAUTHENTICATED
   * (TokenRefused).
   */
  checkToken(token: string, user?: string): Caller {
    const claims = this.#signer.verify(token)
    if (claims === undefined) throw new TokenRefused('the token is not one of this endpoint: log in', undefined)
    if (user !== undefined && user !== claims.name) throw new TokenRefused('the token is of another user', claims)
    const caller = this.#callerOf(claims)
    this.recheck(caller)
    if (caller.kind !== 'operator') this.#use.note(caller.id, secondsNow(), caller.expiresAt)
    return caller
  }

  /** Takes over what another endpoint on the store may have made since. Throws STORE_UNAVAILABLE. */
  async refresh(claims: TokenRefused['claims']): Promise<void> {
    await this.#inventory.refresh()
    if (claims?.kind === 'plugin') await this.#plugins.look(claims.name)
  }

  /** Uses a login code up. Throws UNAUTHENTICATED (LoginCodeWrong, TokenRefused), and LoginLimited. */
  redeemCode(user: string, code: string): Caller {
    const caller = this.#codes.redeem(user, code)
    this.recheck(caller)
    return caller
  }

  /** Throws TokenRefused where the caller's token has expired or was revoked since, or its user may do less. */
  recheck(caller: Caller): void {
    const { kind, name, id, expiresAt } = caller
    if (expiresAt !== 0 && secondsNow() >= expiresAt) {
      throw new TokenRefused('the token has expired: log in again', { kind, name, id })
    }
    if (!isLive(caller, this.#known))
      throw new TokenRefused('the token was revoked: log in again', { kind, name, id }, true)
  }

  #callerOf(claims: Claims): Caller {
    const { kind, name, expiresAt } = claims
    const all = { kind, name, role: 'admin', scope: 'all', expiresAt, chainEndsAt: 0 } as const
    if (kind === 'operator') {
      return { ...all, id: claims.id === this.#operatorId ? OPERATOR_ID : claims.id, isSource: true }
    }
    const id = kind === 'user' && claims.id === '' ? OLDER_ID : claims.id
    const record = id === OLDER_ID ? undefined : this.#book.get(id)
    if (record === undefined) return { ...all, id, isSource: false }
    const { role, scope, chainEndsAt } = record
    return { ...all, id, role, scope, chainEndsAt, isSource: false }
  }

  #checkCount({ id }: Caller): void {
    if (id === OPERATOR_ID || id === LOGIN_CODE_ID) return
    if (this.#book.countBeside(id, secondsNow()) < BELOW_MAX) return
    const text = `${BELOW_MAX} tokens were got with this one and its parents: keep the token until it expires`
    throw new PowerbusError('OBJECT_CONFLICT', text)
  }

  async #newPluginId(plugin: string): Promise<string> {
    const id = await this.#plugins.take(plugin)
    auditTokens(this.#audit, 'token-made', [pluginRecord(plugin, id)], ENDPOINT_ASKER)
    return id
  }

  #tellRevoked(): void {
    for (const listener of this.#onRevoked) listener()
  }
}

/** A plugin's own token, which is not in the book. */
function pluginRecord(plugin: string, id: string): TokenRecord {
  return { ...fixedRecord('plugin', plugin), id, name: `RS_TOKEN of ${plugin}`, parent: OPERATOR_ID }
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000)
}

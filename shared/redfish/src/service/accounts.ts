import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { RoleId } from './role.ts'

/** Bytes that an account's name and password may have. */
export const NAME_LENGTH = { least: 1, most: 64 } as const
export const PASSWORD_LENGTH = { least: 1, most: 128 } as const
const MAX_ACCOUNTS = 16

export interface AccountOptions {
  readonly username: string
  readonly password: string
  /** Default: Administrator. */
  readonly role?: RoleId
  readonly passwordChangeRequired?: boolean
}

export interface Account {
  readonly id: string
  username: string
  role: RoleId
  enabled: boolean
  passwordChangeRequired: boolean
}

/** The accounts of a service. Passwords are kept as a keyed hash. */
export class Accounts {
  readonly #key = randomBytes(32)
  readonly #accounts = new Map<string, Account>()
  readonly #passwords = new Map<string, Buffer>()
  #nextId = 1

  constructor(accounts: readonly AccountOptions[]) {
    for (const account of accounts) this.add(account)
  }

  all(): Account[] {
    return [...this.#accounts.values()]
  }

  get(id: string): Account | undefined {
    return this.#accounts.get(id)
  }

  named(username: string): Account | undefined {
    return this.all().find((account) => account.username === username)
  }

  get isFull(): boolean {
    return this.#accounts.size >= MAX_ACCOUNTS
  }

  add({ username, password, role = 'Administrator', passwordChangeRequired = false }: AccountOptions): Account {
    const id = String(this.#nextId++)
    const account = { id, username, role, enabled: true, passwordChangeRequired }
    this.#accounts.set(id, account)
    this.#passwords.set(id, this.#hash(password))
    return account
  }

  remove(id: string): void {
    this.#accounts.delete(id)
    this.#passwords.delete(id)
  }

  /** The change is no longer required then. */
  setPassword(account: Account, password: string): void {
    this.#passwords.set(account.id, this.#hash(password))
    account.passwordChangeRequired = false
  }

  /** The enabled account of these credentials. Takes the same time for unknown names. */
  check(username: string, password: string): Account | undefined {
    const account = this.named(username)
    const given = this.#hash(password)
    const known = (account && this.#passwords.get(account.id)) ?? randomBytes(given.length)
    return timingSafeEqual(given, known) && account?.enabled ? account : undefined
  }

  #hash(password: string): Buffer {
    return createHmac('sha256', this.#key).update(password).digest()
  }
}

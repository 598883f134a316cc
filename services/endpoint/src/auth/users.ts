import type { JsonObject } from '@powerbus/drp'
import type { PasswordBook } from './password-book.ts'
import { type Role, strongest } from './role.ts'

/** Who has the password of some id, and what that user may do now. */
export interface Holder {
  readonly name: string
  readonly role: Role
}

/** The users' present rights, of their objects and their passwords. */
export class Users {
  readonly passwords: PasswordBook
  readonly #find: (name: string) => JsonObject | undefined

  constructor(passwords: PasswordBook, find: (name: string) => JsonObject | undefined) {
    this.passwords = passwords
    this.#find = find
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined
  }

  /** The user's strongest role; undefined for nobody, and for a user without a role. */
  roleOf(name: string): Role | undefined {
    const roles = this.#find(name)?.Roles
    return Array.isArray(roles) ? strongest(roles) : undefined
  }

  /** Undefined where that password was changed since, or its user is gone or has no role. */
  holder(passwordId: string): Holder | undefined {
    const name = this.passwords.byId(passwordId)?.user
    const role = name === undefined ? undefined : this.roleOf(name)
    return name === undefined || role === undefined ? undefined : { name, role }
  }
}

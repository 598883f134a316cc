import type { Authority } from './authority.ts'
import type { Asker } from './caller.ts'
import { hashPassword } from './password-hash.ts'
import { checkPassword } from './password-rule.ts'
import { reaches } from './role.ts'
import { ENDPOINT_ASKER } from './token-audit.ts'
import type { Users } from './users.ts'

/** Ends passwords and tokens of users who are gone, have another password, or may do less than before. */
export class UserTokens {
  readonly #authority: Authority
  readonly #users: Users
  readonly #passwordCost: number | undefined

  /** `passwordCost` is scrypt's for new passwords. */
  constructor(authority: Authority, users: Users, passwordCost?: number) {
    this.#authority = authority
    this.#users = users
    this.#passwordCost = passwordCost
  }

  /** Does what an endpoint that died, or lost its store, has left undone. Throws STORE_UNAVAILABLE. */
  async settle(): Promise<void> {
    for (const { user } of this.#users.passwords.list()) await this.follow(user)
  }

  /** Follows a change of the user's object, also its removal. Throws STORE_UNAVAILABLE. */
  async follow(name: string): Promise<void> {
    if (!this.#users.has(name)) {
      await this.forget(name)
      return
    }
    const password = this.#users.passwords.get(name)
    if (password === undefined) return
    const role = this.#users.roleOf(name)
    const below = this.#authority.idsWithin(password.id)
    const isTooMuch = (record: { readonly id: string; readonly role: Parameters<typeof reaches>[0] }) => {
      return below.has(record.id) && (role === undefined || !reaches(role, record.role))
    }
    await this.#authority.revokeAll(isTooMuch, ENDPOINT_ASKER)
    this.#authority.usersChanged()
  }

  /** Ends the password of a user who is not there, and all tokens of that name. Throws STORE_UNAVAILABLE. */
  async forget(name: string): Promise<void> {
    const password = this.#users.passwords.get(name)
    if (password !== undefined) await this.#users.passwords.remove(name)
    const isTheirs = ({ kind, owner, parent }: { kind: string; owner: string; parent: string }) => {
      return (kind === 'user' && owner === name) || parent === password?.id
    }
    await this.#authority.revokeAll(isTheirs, ENDPOINT_ASKER)
  }

  /** Sets the password, and ends the tokens that were got with the one before. Throws OBJECT_INVALID and STORE_UNAVAILABLE. */
  async setPassword(name: string, password: string, asker: Asker): Promise<void> {
    checkPassword(password)
    const before = this.#users.passwords.get(name)
    await this.#users.passwords.set(name, await hashPassword(password, this.#passwordCost))
    if (before !== undefined) await this.#authority.revokeAll(({ parent }) => parent === before.id, asker)
  }
}

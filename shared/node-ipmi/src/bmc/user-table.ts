import type { User } from '../session/managed-session.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'

/** Slots of users where the options name fewer. Slot 1 is the null user, so configured users start at 2. §22.28. */
const SLOTS = 10
const FIRST_CONFIGURED = 2
/** Privilege limit of a user without access. §22.26. */
const NO_ACCESS = 0x0f

export const PasswordSize = { short: 16, long: 20 } as const

export interface UserAccess {
  /** 1..4, or 0Fh for no access. */
  readonly privilegeLimit: number
  readonly ipmiMessaging: boolean
  readonly linkAuthentication: boolean
  readonly callbackOnly: boolean
}

const noAccess: UserAccess = {
  privilegeLimit: NO_ACCESS,
  ipmiMessaging: false,
  linkAuthentication: false,
  callbackOnly: false,
}

/** One user, as consoles change it. §22.26 to §22.30. */
export class UserAccount implements User {
  readonly id: number
  name: Uint8Array = new Uint8Array(0)
  enabled = false
  access: UserAccess = noAccess
  #password: Uint8Array = new Uint8Array(0)
  #passwordSize: number = PasswordSize.short

  constructor(id: number) {
    this.id = id
  }

  get mayOpenSession(): boolean {
    return this.enabled && this.access.ipmiMessaging
  }

  /** 0 without access. */
  get privilegeLimit(): number {
    const { privilegeLimit, callbackOnly } = this.access
    if (privilegeLimit === NO_ACCESS) return 0
    return callbackOnly ? Math.min(privilegeLimit, PrivilegeLevel.callback) : privilegeLimit
  }

  /** Without the zeros at its end, which no key tells from a shorter password. */
  get password(): Uint8Array {
    return this.#password
  }

  get passwordSize(): number {
    return this.#passwordSize
  }

  setPassword(password: Uint8Array, size: number): void {
    this.#password = withoutPadding(password)
    this.#passwordSize = size
  }
}

/** `bytes` without zeros at the end. */
export function withoutPadding(bytes: Uint8Array): Uint8Array {
  let { length } = bytes
  while (length > 0 && bytes[length - 1] === 0) length--
  return bytes.slice(0, length)
}

/** A user of the options. */
export interface ConfiguredUser {
  readonly name: Uint8Array
  readonly password: Uint8Array
  readonly privilegeLimit: number
  readonly enabled: boolean
}

/** The users of a BMC by ID. A slot takes memory once it is written. */
export class UserTable {
  /** Written slots in the order of their IDs, in which a login looks for its name. */
  readonly accounts: UserAccount[]
  readonly size: number

  constructor(users: readonly ConfiguredUser[]) {
    this.size = Math.max(SLOTS, users.length + FIRST_CONFIGURED - 1)
    this.accounts = users.map(({ name, password, privilegeLimit, enabled }, index) => {
      const account = new UserAccount(index + FIRST_CONFIGURED)
      account.name = name
      account.enabled = enabled
      account.access = { ...noAccess, privilegeLimit, ipmiMessaging: true }
      account.setPassword(password, password.length > PasswordSize.short ? PasswordSize.long : PasswordSize.short)
      return account
    })
  }

  has(id: number): boolean {
    return id >= 1 && id <= this.size
  }

  /** An account without name and access for a slot that was not written yet. */
  read(id: number): UserAccount {
    return this.accounts.find((account) => account.id === id) ?? new UserAccount(id)
  }

  /** The account to write to. */
  write(id: number): UserAccount {
    const account = this.read(id)
    if (!this.accounts.includes(account)) {
      this.accounts.push(account)
      this.accounts.sort((a, b) => a.id - b.id)
    }
    return account
  }
}

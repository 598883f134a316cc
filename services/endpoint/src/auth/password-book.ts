import { FieldReader } from '@powerbus/drp'
import type { Json, Store } from '@powerbus/store'
import type { Follower, Sharing } from '../inventory/sharing.ts'
import { stored } from '../inventory/stored.ts'
import { decodePasswordHash, type PasswordHash } from './password-hash.ts'
import { newTokenId } from './token-id.ts'

/** Begins the id of each password, by which the tokens that were got with it name their parent. */
const PASSWORD_ID = 'password-'

export interface PasswordRecord {
  /** New with each change of the password. */
  readonly id: string
  readonly user: string
  readonly hash: PasswordHash
}

export function isPasswordId(id: string): boolean {
  return id.startsWith(PASSWORD_ID)
}

/** The hashes of users' passwords, in the store and in memory, beside the users and in no answer or event. */
export class PasswordBook implements Follower {
  readonly #store: Store
  readonly #sharing: Sharing
  readonly #onChanged = new Set<() => void>()
  #records = new Map<string, PasswordRecord>()
  /** Made anew after each change. */
  #byId: ReadonlyMap<string, PasswordRecord> | undefined

  constructor(store: Store, sharing: Sharing) {
    this.#store = store
    this.#sharing = sharing
  }

  /** Calls `listener`, which must not throw, after a password was set or removed, here or at another endpoint. */
  onChanged(listener: () => void): void {
    this.#onChanged.add(listener)
  }

  get(user: string): PasswordRecord | undefined {
    return this.#records.get(user)
  }

  list(): PasswordRecord[] {
    return [...this.#records.values()]
  }

  byId(id: string): PasswordRecord | undefined {
    this.#byId ??= new Map(this.list().map((record) => [record.id, record]))
    return this.#byId.get(id)
  }

  /** Returns the new record. Throws STORE_UNAVAILABLE. */
  async set(user: string, hash: PasswordHash): Promise<PasswordRecord> {
    const record = { id: `${PASSWORD_ID}${newTokenId()}`, user, hash }
    await stored(
      this.#sharing.alone(async (writer) => {
        await writer.set(this.#storeKey(user), { id: record.id, user, hash: { ...hash } })
        this.#records.set(user, record)
      }),
    )
    this.#tellChanged()
    return record
  }

  /** Throws STORE_UNAVAILABLE. */
  async remove(user: string): Promise<void> {
    await stored(
      this.#sharing.alone(async (writer) => {
        await writer.delete(this.#storeKey(user))
        this.#records.delete(user)
      }),
    )
    this.#tellChanged()
  }

  /** Takes over another endpoint's change of one record. */
  apply(storeKey: string, value: Json | undefined): void {
    const base = this.#storeKey('')
    if (!storeKey.startsWith(base)) return
    if (value === undefined) this.#records.delete(storeKey.slice(base.length))
    else this.#records.set(storeKey.slice(base.length), decodeRecord(value))
    this.#tellChanged()
  }

  /** Reads all records from the store again. */
  async reload(): Promise<void> {
    const found = new Map<string, PasswordRecord>()
    for await (const { value } of this.#store.scan(this.#storeKey(''))) {
      const record = decodeRecord(value)
      found.set(record.user, record)
    }
    this.#records = found
    this.#tellChanged()
  }

  #tellChanged(): void {
    this.#byId = undefined
    for (const listener of this.#onChanged) listener()
  }

  #storeKey(user: string): string {
    return `${this.#sharing.prefix}passwords/${user}`
  }
}

function decodeRecord(value: Json): PasswordRecord {
  const read = new FieldReader(value, 'PasswordRecord')
  return { id: read.name('id'), user: read.name('user'), hash: decodePasswordHash({ ...read.object('hash') } as Json) }
}

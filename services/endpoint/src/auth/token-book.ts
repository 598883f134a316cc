import type { Json, Store } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import type { Follower, Sharing } from '../inventory/sharing.ts'
import { stored } from '../inventory/stored.ts'
import { LOGIN_CODE_LIFETIME_MS } from './login-code.ts'
import { decodeTokenRecord, encodeTokenRecord, type TokenRecord } from './token-record.ts'

/** A login code may outlive the token that made it by this time, and is void without the record. */
const KEPT_S = LOGIN_CODE_LIFETIME_MS / 1000

/**
 * The records of all tokens that were made, in the store and in memory. A record stays until its token and all tokens
 * below it have expired, so that a revocation finds them.
 */
export class TokenBook implements Follower {
  readonly #store: Store
  readonly #sharing: Sharing
  readonly #slot = new Slots(1)
  readonly #onRemoved = new Set<() => void>()
  #records = new Map<string, TokenRecord>()

  constructor(store: Store, sharing: Sharing) {
    this.#store = store
    this.#sharing = sharing
  }

  get(id: string): TokenRecord | undefined {
    return this.#records.get(id)
  }

  list(): TokenRecord[] {
    return [...this.#records.values()]
  }

  /** Records of live tokens and of all that are above them. */
  listNeeded(nowS: number): TokenRecord[] {
    const needed = new Set<TokenRecord>()
    for (const live of this.list().filter(({ expiresAt }) => expiresAt > nowS)) {
      for (const record of this.#upwards(live.id)) needed.add(record)
    }
    return [...needed]
  }

  /** The uppermost record above a token, or its own. Throws where there is no such token. */
  rootOf(id: string): TokenRecord {
    const root = [...this.#upwards(id)].at(-1)
    if (root === undefined) throw new Error(`there is no token ${id}`)
    return root
  }

  /** The number of live tokens below the uppermost token above this one, with that. */
  countBeside(id: string, nowS: number): number {
    const within = this.idsWithin(this.#records.has(id) ? this.rootOf(id).id : id)
    return this.list().filter((record) => record.expiresAt > nowS && within.has(record.id)).length
  }

  /** Calls `listener`, which must not throw, after records were removed. Returns what ends that. */
  onRemoved(listener: () => void): () => void {
    this.#onRemoved.add(listener)
    return () => this.#onRemoved.delete(listener)
  }

  /**
   * Adds what `make` returns, which is called while no record changes, and drops records that nothing needs any more.
   * Throws what `make` throws, and STORE_UNAVAILABLE.
   */
  async add(make: () => TokenRecord, nowS: number): Promise<TokenRecord> {
    return await this.#alone(async (write) => {
      const record = make()
      await write(record.id, record)
      for (const { id } of this.#outlived(nowS)) await write(id, undefined)
      return record
    })
  }

  /**
   * Removes the token of that id and all below it. Returns the records that were removed. Throws STORE_UNAVAILABLE: some
   * of them may then be left, with all that are above them.
   */
  async removeWithAllBelow(id: string): Promise<TokenRecord[]> {
    return await this.#alone(async (write) => {
      const own = this.#records.get(id)
      const doomed = [...(own ? [own] : []), ...this.#below(id)]
      try {
        // Children first: a second try must find what is left.
        for (const record of doomed.toReversed()) await write(record.id, undefined)
      } finally {
        this.#tellRemoved()
      }
      return doomed
    })
  }

  /** Takes over another endpoint's change of one record. */
  apply(storeKey: string, value: Json | undefined): void {
    const base = this.#storeKey('')
    if (!storeKey.startsWith(base)) return
    const id = storeKey.slice(base.length)
    if (value !== undefined) this.#records.set(id, decodeTokenRecord(value))
    else if (this.#records.delete(id)) this.#tellRemoved()
  }

  /** Reads all records from the store again. */
  async reload(): Promise<void> {
    const found = new Map<string, TokenRecord>()
    for await (const { value } of this.#store.scan(this.#storeKey(''))) {
      const record = decodeTokenRecord(value)
      found.set(record.id, record)
    }
    this.#records = found
    this.#tellRemoved()
  }

  /** `id`, and the ids of all tokens below it. */
  idsWithin(id: string): ReadonlySet<string> {
    return new Set([id, ...this.#below(id).map((record) => record.id)])
  }

  *#upwards(id: string): Generator<TokenRecord> {
    for (let found = this.#records.get(id); found !== undefined; found = this.#records.get(found.parent)) yield found
  }

  /** Parents before children. */
  #below(id: string): TokenRecord[] {
    const found: TokenRecord[] = []
    for (let parents = new Set([id]); parents.size > 0; ) {
      const children = this.list().filter(({ parent }) => parents.has(parent))
      found.push(...children)
      parents = new Set(children.map((child) => child.id))
    }
    return found
  }

  /** Expired records without children. Their parents follow the next time. */
  #outlived(nowS: number): TokenRecord[] {
    const parents = new Set(this.list().map(({ parent }) => parent))
    return this.list().filter(({ id, expiresAt }) => expiresAt + KEPT_S <= nowS && !parents.has(id))
  }

  #tellRemoved(): void {
    for (const listener of this.#onRemoved) listener()
  }

  async #alone<R>(
    work: (write: (id: string, record: TokenRecord | undefined) => Promise<void>) => Promise<R>,
  ): Promise<R> {
    return await this.#slot.run(async () => {
      return await stored(
        this.#sharing.alone(async (writer) => {
          return await work(async (id, record) => {
            if (record === undefined) {
              await writer.delete(this.#storeKey(id))
              this.#records.delete(id)
            } else {
              await writer.set(this.#storeKey(id), encodeTokenRecord(record))
              this.#records.set(id, record)
            }
          })
        }),
      )
    })
  }

  #storeKey(id: string): string {
    return `${this.#sharing.prefix}tokens/${id}`
  }
}

import type { Store } from '@powerbus/store'

const PREFIX = 'auth/token-used/'
/** A use within this time of the last one that was stored is not stored. */
const GAP_S = 60
/** Tokens whose last use is in memory; at most one write more for each when it is full. */
const KEPT_MAX = 10_000

/** When each token was last used, to the minute, over all endpoints on the store. */
export class TokenUse {
  readonly #store: Store
  readonly #onFailure: (error: unknown) => void
  readonly #storedAt = new Map<string, number>()

  constructor(store: Store, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#onFailure = onFailure
  }

  /** Never waits and never fails. `expiresAt` is 0 for a token that never ends. */
  note(id: string, nowS: number, expiresAt: number): void {
    const storedAt = this.#storedAt.get(id)
    if (storedAt !== undefined && nowS - storedAt < GAP_S) return
    if (this.#storedAt.size >= KEPT_MAX) this.#storedAt.clear()
    this.#storedAt.set(id, nowS)
    const leftMs = expiresAt === 0 ? {} : { ttlMs: Math.max(1, expiresAt - nowS) * 1000 }
    this.#store.set(`${PREFIX}${id}`, nowS, { ...leftMs, deferSync: true }).catch(this.#onFailure)
  }

  forget(id: string): void {
    this.#storedAt.delete(id)
  }

  /** Seconds since 1970, by token id. */
  async all(): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    for await (const { key, value } of this.#store.scan(PREFIX)) {
      if (typeof value === 'number') found.set(key.slice(PREFIX.length), value)
    }
    return found
  }
}

import { StoreError } from '../store-error.ts'
import type { Fence, Lock } from './lock.ts'
import type { LockBackend } from './lock-backend.ts'

const RENEWALS_PER_TTL = 3

export interface Grant {
  readonly key: string
  readonly token: string
  readonly ttlMs: number
  readonly fence: number
  /** `performance.now()` before it was asked for: the store's time to live began later. */
  readonly askedMs: number
}

/** Renews a lock until it is released, and notices its loss. Its timers do not keep the process alive. */
export class HeldLock implements Lock {
  readonly fence: Fence
  readonly #backend: LockBackend
  readonly #grant: Grant
  readonly #lost = new AbortController()
  #validUntilMs: number
  #renewTimer: NodeJS.Timeout | undefined
  #expiryTimer: NodeJS.Timeout | undefined
  #released: Promise<boolean> | undefined

  constructor(backend: LockBackend, grant: Grant) {
    this.#backend = backend
    this.#grant = grant
    this.fence = { key: grant.key, number: grant.fence }
    this.#validUntilMs = grant.askedMs + grant.ttlMs
    this.#watch()
    this.#renewLater()
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  assertHeld(): void {
    if (this.#released === undefined && performance.now() >= this.#validUntilMs) this.#lose()
    this.#lost.signal.throwIfAborted()
  }

  release(): Promise<boolean> {
    this.#released ??= this.#release()
    return this.#released
  }

  async #release(): Promise<boolean> {
    const { key, token } = this.#grant
    this.#stop()
    const freed = await this.#backend.release(key, token)
    return freed && !this.#lost.signal.aborted
  }

  #stop(): void {
    clearTimeout(this.#renewTimer)
    clearTimeout(this.#expiryTimer)
  }

  #lose(): void {
    this.#stop()
    this.#lost.abort(new StoreError('LOCK_LOST', `${this.#grant.key} is not held any more: it was not renewed in time`))
  }

  #watch(): void {
    clearTimeout(this.#expiryTimer)
    this.#expiryTimer = setTimeout(() => this.#lose(), this.#validUntilMs - performance.now()).unref()
  }

  #renewLater(): void {
    this.#renewTimer = setTimeout(() => void this.#renew(), this.#grant.ttlMs / RENEWALS_PER_TTL).unref()
  }

  async #renew(): Promise<void> {
    const { key, token, ttlMs } = this.#grant
    const askedMs = performance.now()
    const held = await this.#backend.renew(key, token, ttlMs).catch((error: unknown) => {
      // A store that is away may come back in time; #watch sees to it where it does not.
      if (error instanceof StoreError && error.code === 'STORE_UNAVAILABLE') return undefined
      return false
    })
    if (this.#released !== undefined || this.#lost.signal.aborted) return
    if (held === false) {
      this.#lose()
      return
    }
    if (held) {
      this.#validUntilMs = askedMs + ttlMs
      this.#watch()
    }
    this.#renewLater()
  }
}

import type { Timer } from '../clock.ts'
import { StoreError } from '../store-error.ts'
import type { Fence, Lock } from './lock.ts'
import type { LockBackend } from './lock-backend.ts'

const RENEWALS_PER_TTL = 3
/** Pause before the next renewal after a failed one, in milliseconds: the store may be back before the lock expires. */
const RENEW_AGAIN_MS = 200
/**
 * Share of `ttlMs` by which the lock counts as lost before it expires in the store: timers are late and clocks drift.
 */
const MARGIN = 0.02

export interface Grant {
  readonly key: string
  readonly token: string
  readonly ttlMs: number
  readonly fence: number
  readonly slotWaitMs: number
  /** `clock.nowMs()` before the request for the lock: the time to live in the store began later. */
  readonly askedMs: number
}

/** Renews a lock until it is released, and notices its loss. Its timers do not keep the process alive. */
export class HeldLock implements Lock {
  readonly fence: Fence
  readonly slotWaitMs: number
  readonly #backend: LockBackend
  readonly #grant: Grant
  readonly #lost = new AbortController()
  #validUntilMs: number
  #isLost = false
  #renewTimer: Timer | undefined
  #expiryTimer: Timer | undefined
  #released: Promise<boolean> | undefined

  constructor(backend: LockBackend, grant: Grant) {
    this.#backend = backend
    this.#grant = grant
    this.slotWaitMs = grant.slotWaitMs
    this.fence = { key: grant.key, number: grant.fence }
    this.#validUntilMs = this.#validFrom(grant.askedMs)
    this.#watch()
    this.#renewAfter(grant.ttlMs / RENEWALS_PER_TTL)
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  assertHeld(): void {
    if (this.#released === undefined && this.#backend.clock.nowMs() >= this.#validUntilMs) this.#lose()
    if (this.#isLost) throw this.#lost.signal.reason
  }

  release(): Promise<boolean> {
    this.#released ??= this.#release()
    return this.#released
  }

  async #release(): Promise<boolean> {
    const { key, token } = this.#grant
    this.#stop()
    const freed = await this.#backend.release(key, token)
    return freed && !this.#isLost
  }

  #stop(): void {
    this.#renewTimer?.cancel()
    this.#expiryTimer?.cancel()
  }

  #lose(): void {
    this.#stop()
    if (this.#isLost) return
    this.#isLost = true
    this.#lost.abort(new StoreError('LOCK_LOST', `the lock ${this.#grant.key} is lost: it was not renewed in time`))
  }

  #watch(): void {
    this.#expiryTimer?.cancel()
    const { clock } = this.#backend
    this.#expiryTimer = clock.after(this.#validUntilMs - clock.nowMs(), () => this.#lose(), false)
  }

  #validFrom(askedMs: number): number {
    return askedMs + this.#grant.ttlMs * (1 - MARGIN)
  }

  #renewAfter(delayMs: number): void {
    this.#renewTimer?.cancel()
    this.#renewTimer = this.#backend.clock.after(delayMs, () => void this.#renew(), false)
  }

  /** Schedules the next renewal first, so that a missing answer does not delay it. */
  async #renew(): Promise<void> {
    const { key, token, ttlMs } = this.#grant
    const askedMs = this.#backend.clock.nowMs()
    this.#renewAfter(ttlMs / RENEWALS_PER_TTL)
    const held = await this.#backend.renew(key, token, ttlMs).catch((error: unknown) => {
      // An unreachable store may come back in time; if it does not, the expiry timer ends the lock.
      if (error instanceof StoreError && error.code === 'STORE_UNAVAILABLE') return undefined
      return false
    })
    if (this.#released !== undefined || this.#isLost) return
    if (held === false) this.#lose()
    else if (held === undefined) this.#renewAfter(Math.min(RENEW_AGAIN_MS, ttlMs / RENEWALS_PER_TTL))
    else {
      this.#validUntilMs = Math.max(this.#validUntilMs, this.#validFrom(askedMs))
      this.#watch()
    }
  }
}

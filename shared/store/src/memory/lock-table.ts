import type { Clock } from '../clock.ts'
import type { Fence, LockHolder } from '../lock/lock.ts'
import type { Attempt, Granted, LockBackend, Place, Refused } from '../lock/lock-backend.ts'
import { StoreError } from '../store-error.ts'
import { GAP_MS_MAX } from '../store-input.ts'

/** Number of keys from which unneeded ones are dropped. */
const KEYS_KEPT = 10_000
/** Time for which a fence is remembered. No write of a holder that lost its lock is in flight for this long. */
const FENCE_KEPT_MS = 3_600_000

interface Held {
  readonly token: string
  readonly holder: LockHolder
  expiresMs: number
}

interface Waiter {
  readonly token: string
  readonly holder: LockHolder
  /** Ends the pause of the waiting caller. */
  wake: () => void
}

interface Line {
  held: Held | undefined
  readonly places: Waiter[]
}

/**
 * Locks and slots of one process. They need not survive it: only one process at a time has the folder open, so all
 * earlier holders are dead. Only the fence numbers keep growing.
 */
export class LockTable implements LockBackend {
  readonly clock: Clock
  readonly #lines = new Map<string, Line>()
  readonly #fences = new Map<string, { readonly number: number; readonly atMs: number }>()
  readonly #slots = new Map<string, number>()
  #lastFence: number
  #isClosed = false

  /** `lastFence`: the highest fence number that may have been issued before. */
  constructor(clock: Clock, lastFence: number) {
    this.clock = clock
    this.#lastFence = lastFence
  }

  /** The highest fence number so far. */
  get lastFence(): number {
    return this.#lastFence
  }

  async acquire({ key, token, owner, ttlMs, queue, slot }: Attempt): Promise<Granted | Refused> {
    this.#checkOpen()
    const nowMs = this.clock.nowMs()
    const line = this.#lines.get(key) ?? { held: undefined, places: [] }
    this.#lines.set(key, line)
    if (line.held && line.held.expiresMs <= nowMs) line.held = undefined
    const holder = { owner, sinceMs: this.clock.dateMs() }
    const first = line.places[0]
    if (!line.held && (!first || first.token === token)) {
      if (first) line.places.shift()
      line.held = { token, holder, expiresMs: nowMs + ttlMs }
      return { fence: this.#nextFence(key), slotWaitMs: slot ? this.takeSlot(slot.key, slot.gapMs) : 0 }
    }
    const refused = { holder: line.held?.holder ?? first?.holder ?? holder }
    const at = line.places.findIndex((place) => place.token === token)
    if (at >= 0 || !queue) return { ...refused, before: at >= 0 ? at : line.places.length }
    return { ...refused, before: line.places.push({ token, holder, wake: () => undefined }) - 1 }
  }

  async renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    this.#checkOpen()
    const held = this.#lines.get(key)?.held
    const nowMs = this.clock.nowMs()
    if (held?.token !== token || held.expiresMs <= nowMs) return false
    held.expiresMs = nowMs + ttlMs
    return true
  }

  async release(key: string, token: string): Promise<boolean> {
    const line = this.#lines.get(key)
    if (!line) return false
    const at = line.places.findIndex((place) => place.token === token)
    if (at >= 0) line.places.splice(at, 1)
    const wasHeld = line.held?.token === token && line.held.expiresMs > this.clock.nowMs()
    if (line.held?.token === token) line.held = undefined
    if (!line.held) line.places[0]?.wake()
    if (!line.held && line.places.length === 0) this.#lines.delete(key)
    return wasHeld
  }

  /** Resolves when the lock is passed on or expires. */
  async pause({ key, token, leftMs, pollMs }: Place, signal?: AbortSignal): Promise<void> {
    const line = this.#lines.get(key)
    const place = line?.places.find((other) => other.token === token)
    if (this.#isClosed || (!line?.held && line?.places[0] === place)) return
    const woken = new AbortController()
    if (place) place.wake = () => woken.abort()
    const heldMs = place && line?.held ? line.held.expiresMs - this.clock.nowMs() : pollMs
    try {
      await this.clock.sleep(Math.min(leftMs, heldMs), signal ? AbortSignal.any([signal, woken.signal]) : woken.signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (!woken.signal.aborted) throw error
    }
  }

  /** Whether a newer fence of the lock was issued. */
  isOld(fence: Fence): boolean {
    return (this.#fences.get(fence.key)?.number ?? 0) > fence.number
  }

  /** Books the next slot of a row. Returns the milliseconds until it begins. */
  takeSlot(key: string, gapMs: number): number {
    const nowMs = this.clock.nowMs()
    const atMs = Math.max(nowMs, (this.#slots.get(key) ?? Number.NEGATIVE_INFINITY) + gapMs)
    remember(this.#slots, key, atMs, (slotMs) => nowMs - slotMs > GAP_MS_MAX)
    return atMs - nowMs
  }

  /** Rejects all waiting callers at once; held locks can no longer be renewed. */
  close(): void {
    this.#isClosed = true
    for (const { places } of this.#lines.values()) for (const place of places) place.wake()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', 'the store of the lock is closed')
  }

  #nextFence(key: string): number {
    this.#lastFence = Math.max(this.#lastFence + 1, this.clock.dateMs())
    const atMs = this.clock.nowMs()
    const issued = { number: this.#lastFence, atMs }
    remember(this.#fences, key, issued, (older) => atMs - older.atMs > FENCE_KEPT_MS)
    return this.#lastFence
  }
}

/** Sets a key, and keeps the map in order of last use. Beyond KEYS_KEPT it drops the oldest unneeded keys. */
function remember<T>(map: Map<string, T>, key: string, value: T, isNeedless: (value: T) => boolean): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= KEYS_KEPT) return
  for (const [oldest, kept] of map) {
    if (!isNeedless(kept)) return
    map.delete(oldest)
  }
}

import { isJsonObject } from '@powerbus/drp'
import { type Json, LockHeldError, type Store } from '@powerbus/store'
import { type Clock, systemClock } from '@powerbus/turns'
import type { Press } from './press.ts'

/** Longest action, in milliseconds: a soft shutdown waits 600 s. */
export const ACTION_MS = 11 * 60_000
/** Age in milliseconds after which no process still works on a press. */
const ABANDONED_MS = ACTION_MS + 60_000
const KEPT_MS = 24 * 3_600_000

/** Milliseconds after which the button of a killed press works again. */
export const TURN_MS = 30_000
/** Milliseconds in which a second click counts as a repeat. */
const DOUBLE_MS = 5000

const PRESS_PREFIX = 'chatops/press/'
const TURN_PREFIX = 'chatops/turn/'

/** Records of presses in the state: a press that comes again runs once, and a press that a restart cut off is found. */
export class PressRecords {
  readonly #state: () => Promise<Store>
  readonly #turnMs: number
  readonly #clock: Clock

  constructor(state: () => Promise<Store>, turnMs = TURN_MS, clock: Clock = systemClock) {
    this.#state = state
    this.#turnMs = turnMs
    this.#clock = clock
  }

  /** Makes the press durable. False for a press that was accepted before. Throws StoreError. */
  async accept(press: Press): Promise<boolean> {
    const store = await this.#state()
    return store.compareAndSet(`${PRESS_PREFIX}${press.id}`, undefined, recordOf(press, 'accepted'), { ttlMs: KEPT_MS })
  }

  async finish(press: Press): Promise<void> {
    const store = await this.#state()
    await store.set(`${PRESS_PREFIX}${press.id}`, recordOf(press, 'finished'), { ttlMs: KEPT_MS })
  }

  /**
   * Lets one press of a button run at a time, over all replicas, and gives what ends its turn. Undefined while a press of
   * the same button runs, and for 5 s after it. Throws StoreError.
   */
  async takeTurn({ button, id }: Pick<Press, 'button' | 'id'>): Promise<(() => void) | undefined> {
    const store = await this.#state()
    try {
      const lock = await store.lock({ key: TURN_PREFIX + button, owner: { press: id }, ttlMs: this.#turnMs, waitMs: 0 })
      // If the store is away the lock expires by itself.
      const release = () => void lock.release().catch(() => undefined)
      return () => void this.#clock.after(DOUBLE_MS, release, false)
    } catch (error) {
      if (error instanceof LockHeldError) return undefined
      throw error
    }
  }

  /** Presses that a process accepted and never finished. Each is given to one caller, once. Throws StoreError. */
  async abandoned(): Promise<readonly Press[]> {
    const store = await this.#state()
    const found: Press[] = []
    for await (const { key, value } of store.scan(PRESS_PREFIX)) {
      if (!isJsonObject(value) || value.status !== 'accepted') continue
      if (Date.now() - Number(value.atMs) < ABANDONED_MS) continue
      const press = value.press as unknown as Press
      if (await store.compareAndSet(key, value as Json, recordOf(press, 'finished'), { ttlMs: KEPT_MS }))
        found.push(press)
    }
    return found
  }
}

function recordOf(press: Press, status: 'accepted' | 'finished'): Json {
  return { status, atMs: Date.now(), press: { ...press, user: { ...press.user }, target: { ...press.target } } }
}

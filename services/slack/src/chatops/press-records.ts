import { isJsonObject } from '@powerbus/drp'
import type { Json, Store } from '@powerbus/store'
import type { Press } from './press.ts'

/** Longest action, in milliseconds: a soft shutdown waits 600 s. */
export const ACTION_MS = 11 * 60_000
/** Age in milliseconds after which no process still works on a press. */
const ABANDONED_MS = ACTION_MS + 60_000
const KEPT_MS = 24 * 3_600_000

/** Milliseconds after which the button of a killed press works again; a turn is renewed three times in it. */
export const TURN_MS = 30_000
/** Milliseconds in which a second click counts as a repeat. */
const DOUBLE_MS = 5000

const PRESS_PREFIX = 'chatops/press/'
const TURN_PREFIX = 'chatops/turn/'

/** Lets one press of a button run at a time, over all replicas. */
export interface ButtonTurn {
  end(): Promise<void>
}

/** Records of presses in the state: a press that comes again runs once, and a press that a restart cut off is found. */
export class PressRecords {
  readonly #state: () => Promise<Store>
  readonly #turnMs: number

  constructor(state: () => Promise<Store>, turnMs = TURN_MS) {
    this.#state = state
    this.#turnMs = turnMs
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
   * Undefined while a press of the same button runs, and for 5 s after it. `onFailure` gets the error of a renewal, and
   * the next one is tried nevertheless. Throws StoreError.
   */
  async takeTurn(
    { button, id }: Pick<Press, 'button' | 'id'>,
    onFailure: (error: unknown) => void,
  ): Promise<ButtonTurn | undefined> {
    const key = TURN_PREFIX + button
    const store = await this.#state()
    if (!(await store.compareAndSet(key, undefined, id, { ttlMs: this.#turnMs }))) return undefined
    const keep = async (ttlMs: number) => void (await (await this.#state()).compareAndSet(key, id, id, { ttlMs }))
    let renewal = Promise.resolve()
    const renew = () => {
      renewal = keep(this.#turnMs).catch(onFailure)
    }
    const timer = setInterval(renew, this.#turnMs / 3).unref()
    return {
      async end() {
        clearInterval(timer)
        await renewal
        await keep(DOUBLE_MS)
      },
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

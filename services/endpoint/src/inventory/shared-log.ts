import { hostname } from 'node:os'
import type { Fence, Json, Store } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import type { Follower, Sharing, Writer } from './sharing.ts'

/** The braces keep all keys in one slot of Redis Cluster, where the lock's fence is checked. */
export const SHARED_PREFIX = '{inventory}/'
const VERSION = `${SHARED_PREFIX}version`
const LOCK = `${SHARED_PREFIX}lock`
const LOCK_TTL_MS = 10_000
const LOCK_WAIT_MS = 20_000
/** Numbers of the last changes that the store keeps. */
const CHANGES_KEPT = 1000

export interface SharedLogOptions extends Follower {
  readonly store: Store
}

/**
 * A store that several endpoints share. Every change has a number. Before it reads, an endpoint gets the last number
 * (one round trip) and reads again the objects that changed after the number it knows; one that is more than 500
 * changes behind reads all objects. Changes of all endpoints run one at a time, under a lock whose fence the store
 * checks. The key of a change is stored before the change and its number after it, so the next writer finds a change
 * whose endpoint died.
 */
export class SharedLog implements Sharing {
  readonly prefix = SHARED_PREFIX
  readonly #options: SharedLogOptions
  readonly #slot = new Slots(1)
  #known: number | undefined
  #next: Promise<void> | undefined
  #present: Promise<void> | undefined

  constructor(options: SharedLogOptions) {
    this.#options = options
  }

  async alone<R>(work: (writer: Writer) => Promise<R>): Promise<R> {
    const owner = `${hostname()} ${process.pid}`
    const lock = await this.#options.store.lock({ key: LOCK, owner, ttlMs: LOCK_TTL_MS, waitMs: LOCK_WAIT_MS })
    try {
      return await this.#slot.run(async () => {
        await this.#catchUp()
        await this.#finishOthers(lock.fence)
        return await work(this.#writer(lock.fence))
      })
    } finally {
      await lock.release()
    }
  }

  /** Calls that come during a refresh share the next one, and fail with the present one: the store does not answer. */
  async refresh(): Promise<void> {
    const present = this.#present
    this.#next ??= this.#slot.run(async () => {
      this.#next = undefined
      this.#present = this.#catchUp()
      await this.#present.finally(() => {
        this.#present = undefined
      })
    })
    await Promise.all([present, this.#next])
  }

  async #catchUp(): Promise<void> {
    const { store, reload } = this.#options
    const last = numberOf(await store.get(VERSION))
    if (this.#known === undefined || last < this.#known || last - this.#known > CHANGES_KEPT / 2) {
      await reload()
      this.#known = last
    }
    while (this.#known < last) {
      if (!(await this.#follow(this.#known + 1))) await reload()
      this.#known += 1
    }
  }

  /** Takes over one change; false where the store has no such number. */
  async #follow(number: number): Promise<boolean> {
    const { store, apply } = this.#options
    const key = await store.get(changeKey(number))
    if (typeof key !== 'string') return false
    apply(key, await store.get(key))
    return true
  }

  /** Numbers the changes that an endpoint announced, and may have made, before it died. */
  async #finishOthers(fence: Fence): Promise<void> {
    while (await this.#follow((this.#known ?? 0) + 1)) await this.#count(fence)
  }

  async #count(fence: Fence): Promise<void> {
    const number = (this.#known ?? 0) + 1
    await this.#options.store.set(VERSION, number, { fence })
    this.#known = number
  }

  #writer(fence: Fence): Writer {
    const { store } = this.#options
    const change = async (key: string, make: () => Promise<unknown>) => {
      const number = (this.#known ?? 0) + 1
      await store.set(changeKey(number), key, { fence })
      await make()
      await this.#count(fence)
      await store.delete(changeKey(number - CHANGES_KEPT), { fence })
    }
    return {
      isConcurrent: false,
      set: (key, value) => change(key, () => store.set(key, value, { fence })),
      delete: (key) => change(key, () => store.delete(key, { fence })),
    }
  }
}

function changeKey(number: number): string {
  return `${SHARED_PREFIX}change/${number}`
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}

import type { Fence, Lock, Store } from '@powerbus/store'
import { type Entry, inOrder } from './entry.ts'
import type { LaneContents, LaneState } from './lane-contents.ts'
import type { MessageRecord } from './message-record.ts'
import { asJson, type LaneKeys, laneKeys } from './outbox.ts'

/** Milliseconds in which a repeated event is recognised. */
const SEEN_MS = 24 * 3_600_000
/** Milliseconds after which a thread is not continued. */
const THREAD_MS = 24 * 3_600_000

/**
 * The lane of a channel while this process holds its lock. Each change is stored with the lock's fence, then made in
 * `contents`.
 */
export class HeldLane {
  readonly channel: string
  readonly contents: LaneContents
  readonly #store: Store
  readonly #lock: Lock
  readonly #keys: LaneKeys

  constructor(channel: string, contents: LaneContents, store: Store, lock: Lock) {
    this.channel = channel
    this.contents = contents
    this.#store = store
    this.#lock = lock
    this.#keys = laneKeys(channel)
  }

  /** Throws LOCK_LOST. */
  assertHeld(): void {
    this.#lock.assertHeld()
  }

  /** The entries of a message's last attempt, in order. */
  entriesOf({ batch }: MessageRecord): readonly Entry[] {
    return batch
      .map((id) => this.contents.entries.get(id))
      .filter((entry) => entry !== undefined)
      .sort(inOrder)
  }

  threadOf({ thread }: MessageRecord): string | undefined {
    return thread === undefined ? undefined : this.contents.threads.get(thread)
  }

  async write(record: MessageRecord): Promise<void> {
    await this.#store.set(this.#keys.message(record.id), asJson(record), this.#fenced)
    this.contents.records.set(record.id, record)
  }

  async drop({ id }: MessageRecord): Promise<void> {
    await this.#store.delete(this.#keys.message(id), this.#fenced)
    this.contents.records.delete(id)
  }

  async writeState(state: LaneState): Promise<void> {
    if (Object.keys(state).length === 0) await this.#store.delete(this.#keys.state, this.#fenced)
    else await this.#store.set(this.#keys.state, asJson(state), this.#fenced)
    this.contents.state = state
  }

  async writeThread(thread: string, ts: string): Promise<void> {
    await this.#store.set(this.#keys.thread(thread), ts, { ...this.#fenced, ttlMs: THREAD_MS })
    this.contents.threads.set(thread, ts)
  }

  async dropThread(thread: string): Promise<void> {
    await this.#store.delete(this.#keys.thread(thread), this.#fenced)
    this.contents.threads.delete(thread)
  }

  /** Removes entries that a message in Slack has. Their ids are kept for a day, so that repeats are dropped. */
  async finish(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.contents.entries.delete(id)
    await Promise.all(ids.map((id) => this.#store.set(this.#keys.seen(id), 1, { ttlMs: SEEN_MS })))
    await Promise.all(ids.map((id) => this.#store.delete(this.#keys.entry(id))))
  }

  get #fenced(): { readonly fence: Fence } {
    return { fence: this.#lock.fence }
  }
}

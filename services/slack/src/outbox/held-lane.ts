import type { Json, Lock, Store } from '@powerbus/store'
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
  readonly contents: LaneContents
  readonly #store: Store
  readonly #lock: Lock
  readonly #keys: LaneKeys

  constructor(contents: LaneContents, store: Store, lock: Lock) {
    this.contents = contents
    this.#store = store
    this.#lock = lock
    this.#keys = laneKeys(contents.channel)
  }

  /** Throws LOCK_LOST. */
  assertHeld(): void {
    this.#lock.assertHeld()
  }

  /** The entries of a message's last attempt, in order. */
  entriesOf({ batch }: MessageRecord): readonly Entry[] {
    return [...this.contents.entries.values()].filter(({ id }) => batch.includes(id)).sort(inOrder)
  }

  threadOf({ thread }: MessageRecord): string | undefined {
    return thread === undefined ? undefined : this.contents.threads.get(thread)
  }

  /** The posted message that a thread answers, as long as it is kept. */
  headOf(thread: string): MessageRecord | undefined {
    const ts = this.contents.threads.get(thread)
    return ts === undefined ? undefined : [...this.contents.records.values()].find((record) => record.ts === ts)
  }

  isHead({ thread, threadTs, ts }: MessageRecord): boolean {
    return (
      thread !== undefined && threadTs === undefined && ts !== undefined && this.contents.threads.get(thread) === ts
    )
  }

  async write(record: MessageRecord): Promise<void> {
    await this.#put(this.#keys.message(record.id), asJson(record))
    this.contents.records.set(record.id, record)
  }

  async drop({ id }: MessageRecord): Promise<void> {
    await this.#put(this.#keys.message(id), undefined)
    this.contents.records.delete(id)
  }

  /** Adds an entry of this process's own, once for its id. */
  async add(entry: Entry): Promise<void> {
    await this.#put(this.#keys.entry(entry.id), asJson(entry))
    this.contents.entries.set(entry.id, entry)
  }

  async writeState(state: LaneState): Promise<void> {
    await this.#put(this.#keys.state, Object.keys(state).length > 0 ? asJson(state) : undefined)
    this.contents.state = state
  }

  async writeThread(thread: string, ts: string): Promise<void> {
    await this.#put(this.#keys.thread(thread), ts, { ttlMs: THREAD_MS })
    this.contents.threads.set(thread, ts)
  }

  async dropThread(thread: string): Promise<void> {
    await this.#put(this.#keys.thread(thread), undefined)
    this.contents.threads.delete(thread)
  }

  /** Removes entries that a message in Slack has. Their ids are kept for a day, so that repeats are dropped. */
  async finish(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.contents.entries.delete(id)
    await Promise.all(ids.map((id) => this.#store.set(this.#keys.seen(id), 1, { ttlMs: SEEN_MS })))
    await Promise.all(ids.map((id) => this.#store.delete(this.#keys.entry(id))))
  }

  /** Undefined: deletes the key. */
  async #put(key: string, value: Json | undefined, options: { readonly ttlMs?: number } = {}): Promise<void> {
    const { fence } = this.#lock
    if (value === undefined) await this.#store.delete(key, { fence })
    else await this.#store.set(key, value, { ...options, fence })
  }
}

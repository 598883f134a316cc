import type { Lock } from '@powerbus/store'
import { type Entry, inOrder } from '../outbox/entry.ts'
import type { LaneContents } from '../outbox/lane-contents.ts'
import type { LaneState } from '../outbox/lane-state.ts'
import type { MessageRecord } from '../outbox/message-record.ts'
import type { Outbox } from '../outbox/outbox.ts'

/** What is kept of a channel, while this process holds its lock: every change goes to the store with the lock's fence, and then holds. */
export class HeldLane {
  readonly channel: string
  readonly contents: LaneContents
  readonly #outbox: Outbox
  readonly #lock: Lock

  constructor(channel: string, contents: LaneContents, outbox: Outbox, lock: Lock) {
    this.channel = channel
    this.contents = contents
    this.#outbox = outbox
    this.#lock = lock
  }

  /** Throws LOCK_LOST. */
  assertHeld(): void {
    this.#lock.assertHeld()
  }

  /** The entries of a message's last attempt, in their order. */
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
    await this.#outbox.writeRecord(this.channel, record, this.#lock.fence)
    this.contents.records.set(record.id, record)
  }

  async drop({ id }: MessageRecord): Promise<void> {
    await this.#outbox.deleteRecord(this.channel, id, this.#lock.fence)
    this.contents.records.delete(id)
  }

  async writeState(state: LaneState): Promise<void> {
    await this.#outbox.writeState(this.channel, state, this.#lock.fence)
    this.contents.state = state
  }

  async writeThread(thread: string, ts: string): Promise<void> {
    await this.#outbox.writeThread(this.channel, thread, ts, this.#lock.fence)
    this.contents.threads.set(thread, ts)
  }

  async dropThread(thread: string): Promise<void> {
    await this.#outbox.deleteThread(this.channel, thread, this.#lock.fence)
    this.contents.threads.delete(thread)
  }

  /** They are in a message: known for a day, and gone. */
  async finish(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.contents.entries.delete(id)
    await this.#outbox.finish(this.channel, ids)
  }
}

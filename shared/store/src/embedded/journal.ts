import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { Change } from '../memory/kept.ts'
import { StoreError } from '../store-error.ts'
import { decodeRecord, encodeRecord, findRecord } from './record.ts'

/** Changes that become durable together. `sequence` grows by 1 per batch over all journals. */
export interface Batch {
  readonly sequence: number
  readonly changes: readonly Change[]
}

/** Most bytes of a record that is not synced at once. */
const DEFERRED_BYTES_MAX = 16 * 1024

/**
 * An append-only file of batches, one record each. A record is written only after the records before it are synced. So
 * a broken record at the end is a write that was never acknowledged; a broken record before an intact one is damage.
 * Except for deferred batches: the records after them, up to the next sync, say how many there are and repeat them.
 */
export class Journal {
  readonly #path: string
  readonly #file: FileHandle
  #size: number
  /** Batches that are written and not synced. */
  #deferred: readonly Batch[] = []
  /** A failed write may have left bytes after `#size`; the next write must cut them off first. */
  #dirty = false

  private constructor(path: string, file: FileHandle, size: number) {
    this.#path = path
    this.#file = file
    this.#size = size
  }

  /** Opens a journal for appending, and cuts off all bytes after `size`. */
  static async open(path: string, size: number): Promise<Journal> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const journal = new Journal(path, file, size)
    try {
      await journal.#cut()
    } catch (error) {
      await file.close()
      throw error
    }
    return journal
  }

  /** Bytes of the journal. */
  get size(): number {
    return this.#size
  }

  /**
   * Resolves when the batch is on disk, or with `deferSync` when a kill of this process does not lose it: with whether it
   * is on disk. Rejects with STORE_UNAVAILABLE if it is not; the batch is then cut off again.
   */
  async append(batch: Batch, deferSync: boolean): Promise<boolean> {
    try {
      if (this.#dirty) await this.#cut()
      const changes = [...this.#deferred, batch].flatMap((one) => one.changes)
      const repeated = this.#deferred.length
      const record = encodeRecord([batch.sequence, changes, ...(repeated > 0 ? [repeated] : [])])
      this.#dirty = true
      await writeAll(this.#file, record, this.#size)
      const isDeferred = deferSync && record.length <= DEFERRED_BYTES_MAX
      if (!isDeferred) await this.#file.datasync()
      this.#deferred = isDeferred ? [...this.#deferred, batch] : []
      this.#size += record.length
      this.#dirty = false
      return !isDeferred
    } catch (cause) {
      throw new StoreError('STORE_UNAVAILABLE', `cannot write ${this.#path}: ${reason(cause)}`, { cause })
    }
  }

  /** Cuts off the bytes that a failed write may have left, and syncs the rest, so that another journal can follow. */
  async seal(): Promise<void> {
    if (this.#dirty || this.#deferred.length > 0) await this.#cut()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #cut(): Promise<void> {
    await this.#file.truncate(this.#size)
    await this.#file.sync()
    this.#deferred = []
    this.#dirty = false
  }
}

export interface JournalContent {
  readonly batches: readonly Batch[]
  /** Bytes up to the end of the last intact batch. */
  readonly size: number
  /** Bytes of an unfinished last batch. */
  readonly tornBytes: number
}

/**
 * Reads a journal whose batches follow batch `last`. Throws STORE_CORRUPT if a batch is missing, or broken before an
 * intact one that does not repeat it.
 */
export async function readJournal(path: string, last: number): Promise<JournalContent> {
  const bytes = await readFile(path)
  const batches: Batch[] = []
  let read = last
  let offset = 0
  for (;;) {
    const at = findRecord(bytes, offset) ?? bytes.length
    const record = decodeRecord(bytes, at)
    if (record === undefined) return { batches, size: offset, tornBytes: bytes.length - offset }
    const [sequence, changes, repeated = 0] = record.payload as [number, Change[], number?]
    const isNext = sequence === read + 1
    if (at > offset && (isNext || sequence - repeated > read + 1)) {
      const text = `${path} is damaged from byte ${offset} to byte ${at}, and acknowledged writes follow`
      throw new StoreError('STORE_CORRUPT', `${text}: restore it from a backup, or move it away to start without it`)
    }
    if (at === offset && !isNext)
      throw new StoreError('STORE_CORRUPT', `${path} lacks write ${read + 1}: restore it from a backup`)
    batches.push({ sequence, changes })
    read = sequence
    offset = record.end
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

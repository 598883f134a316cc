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

/**
 * An append-only file of batches, one record each. A batch is written only after the batch before it is on disk. So a
 * broken record at the end is a write that was never acknowledged; a broken record before an intact one is damage.
 */
export class Journal {
  readonly #path: string
  readonly #file: FileHandle
  #size: number
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
   * Resolves when the batch is on disk. Rejects with STORE_UNAVAILABLE if it is not; the batch is then cut off again.
   */
  async append(batch: Batch): Promise<void> {
    const record = encodeRecord([batch.sequence, batch.changes])
    try {
      await this.seal()
      this.#dirty = true
      await writeAll(this.#file, record, this.#size)
      await this.#file.datasync()
    } catch (cause) {
      throw new StoreError('STORE_UNAVAILABLE', `cannot write ${this.#path}: ${reason(cause)}`, { cause })
    }
    this.#size += record.length
    this.#dirty = false
  }

  /** Cuts off the bytes that a failed write may have left, so that another journal can follow. */
  async seal(): Promise<void> {
    if (this.#dirty) await this.#cut()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #cut(): Promise<void> {
    await this.#file.truncate(this.#size)
    await this.#file.sync()
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

/** Reads a journal. Throws STORE_CORRUPT if an intact batch follows a broken one. */
export async function readJournal(path: string): Promise<JournalContent> {
  const bytes = await readFile(path)
  const batches: Batch[] = []
  let offset = 0
  for (;;) {
    const record = decodeRecord(bytes, offset)
    if (record === undefined) break
    const [sequence, changes] = record.payload as [number, Change[]]
    batches.push({ sequence, changes })
    offset = record.end
  }
  const next = findRecord(bytes, offset)
  if (next !== undefined) {
    const text = `${path} is damaged from byte ${offset} to byte ${next}, and acknowledged writes follow`
    throw new StoreError('STORE_CORRUPT', `${text}: restore it from a backup, or move it away to start without it`)
  }
  return { batches, size: offset, tornBytes: bytes.length - offset }
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

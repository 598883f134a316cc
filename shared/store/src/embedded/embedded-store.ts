import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../json.ts'
import type { Fence, Lock, LockRequest } from '../lock/lock.ts'
import { takeLock } from '../lock/take-lock.ts'
import type { Entry, FenceOptions, Store, WriteOptions } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { checkKey, checkLock, checkSlot, checkWrite, textOf } from '../store-input.ts'
import { FenceCounter } from './fence-counter.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { type Change, Journal } from './journal.ts'
import { isExpired, type Kept } from './kept.ts'
import { LockTable } from './lock-table.ts'
import { journalName, type Recovered, recover, removeJournalsBefore } from './recover.ts'
import { syncFolder, writeSnapshot } from './snapshot.ts'

/** A batch takes no more than this many writes, so that one record stays small beside the file. */
const BATCH_CHANGES_MAX = 1000

export interface EmbeddedStoreOptions {
  /** Made where it is missing, with mode 0700. */
  readonly folder: string
  /** Journal size in bytes from which it is folded into a snapshot; 8 MiB where absent. */
  readonly compactBytes?: number
  /** Told of what an operator should know: a torn write that was dropped, a compaction that failed. */
  readonly onNotice?: (message: string) => void
}

/** Of the entry that holds the ceiling of the fence numbers; no caller can name it. */
const OWN_KEY = ''

interface Write {
  readonly key: string
  /** Undefined deletes. */
  readonly kept: Kept | undefined
  /** Whether to write, given the present text. */
  readonly condition: (present: string | undefined) => boolean
  readonly fence?: Fence | undefined
}

interface Request extends Write {
  readonly resolve: (written: boolean) => void
  readonly reject: (error: unknown) => void
}

/** The default driver: all values in memory, every write in a journal on disk before it is acknowledged. */
export class EmbeddedStore implements Store {
  readonly #folder: string
  readonly #compactBytes: number
  readonly #notice: (message: string) => void
  readonly #lock: FolderLock
  readonly #entries: Map<string, Kept>
  readonly #locks: LockTable
  #journal: Journal
  #generation: number
  #sequence: number
  #compactAt: number
  #queue: Request[] = []
  #worker: Promise<void> | undefined
  #closing: Promise<void> | undefined

  private constructor(options: EmbeddedStoreOptions, lock: FolderLock, recovered: Recovered, journal: Journal) {
    this.#folder = options.folder
    this.#compactBytes = options.compactBytes ?? 8 * 1024 * 1024
    this.#notice = options.onNotice ?? (() => undefined)
    this.#lock = lock
    this.#entries = recovered.entries
    this.#journal = journal
    this.#generation = recovered.generation
    this.#sequence = recovered.sequence
    this.#compactAt = this.#compactBytes
    const ceiling = Number(this.#entries.get(OWN_KEY)?.text ?? 0)
    const fences = new FenceCounter(ceiling, async (number) => {
      await this.#write({ key: OWN_KEY, kept: { text: `${number}` }, condition: () => true })
    })
    this.#locks = new LockTable(() => fences.next())
  }

  /** Throws STORE_LOCKED, STORE_CORRUPT or STORE_UNAVAILABLE. */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const { folder } = options
    let lock: FolderLock | undefined
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await chmod(folder, 0o700)
      lock = await lockFolder(folder)
      const recovered = await recover(folder)
      const journal = await Journal.open(join(folder, journalName(recovered.generation)), recovered.size)
      await syncFolder(folder)
      if (recovered.tornBytes > 0) {
        options.onNotice?.(`${folder}: dropped ${recovered.tornBytes} bytes of a write that was never acknowledged`)
      }
      return new EmbeddedStore(options, lock, recovered, journal)
    } catch (error) {
      await lock?.release()
      if (error instanceof StoreError) throw error
      throw new StoreError('STORE_UNAVAILABLE', `cannot open ${folder}`, { cause: error })
    }
  }

  async get(key: string): Promise<Json | undefined> {
    this.#checkOpen()
    checkKey(key)
    const entry = this.#present(key)
    return entry && JSON.parse(entry.text)
  }

  async set(key: string, value: Json, options: WriteOptions = {}): Promise<void> {
    checkWrite(key, options)
    await this.#write({ key, kept: kept(value, options), condition: () => true, fence: options.fence })
  }

  async delete(key: string, options: FenceOptions = {}): Promise<boolean> {
    checkWrite(key, options)
    const condition = (present: string | undefined) => present !== undefined
    return await this.#write({ key, kept: undefined, condition, fence: options.fence })
  }

  async compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options: WriteOptions = {},
  ): Promise<boolean> {
    checkWrite(key, options)
    const text = expected === undefined ? undefined : textOf(expected)
    const condition = (present: string | undefined) => present === text
    const next = value === undefined ? undefined : kept(value, options)
    return await this.#write({ key, kept: next, condition, fence: options.fence })
  }

  async *scan(prefix: string): AsyncGenerator<Entry> {
    this.#checkOpen()
    for (const [key, { text, expiresMs }] of this.#entries) {
      if (key === OWN_KEY || !key.startsWith(prefix) || isExpired(expiresMs)) continue
      yield { key, value: JSON.parse(text) }
    }
  }

  async lock(request: LockRequest): Promise<Lock> {
    this.#checkOpen()
    checkLock(request)
    return await takeLock(this.#locks, request)
  }

  async takeSlot(key: string, gapMs: number, { fence }: FenceOptions = {}): Promise<number> {
    this.#checkOpen()
    checkSlot(key, gapMs, fence)
    if (fence && this.#locks.isOld(fence)) throw fenced(key)
    return this.#locks.takeSlot(key, gapMs)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#locks.close()
    await this.#worker
    await this.#journal.close()
    await this.#lock.release()
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreError('STORE_CLOSED', `${this.#folder} is closed`)
  }

  #present(key: string): Kept | undefined {
    const entry = this.#entries.get(key)
    return isExpired(entry?.expiresMs) ? undefined : entry
  }

  async #write(write: Write): Promise<boolean> {
    this.#checkOpen()
    return await new Promise((resolve, reject) => {
      this.#queue.push({ ...write, resolve, reject })
      this.#worker ??= this.#work()
    })
  }

  /** Group commit: what arrives while one batch goes to the disk makes up the next one. */
  async #work(): Promise<void> {
    // Callers of the same turn share the first batch too.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      await this.#commit(this.#queue.splice(0, BATCH_CHANGES_MAX))
      if (this.#journal.size >= this.#compactAt) await this.#compact()
    }
    this.#worker = undefined
  }

  async #commit(requests: readonly Request[]): Promise<void> {
    const changed = new Map<string, Kept | undefined>()
    const outcomes: { readonly request: Request; readonly written: boolean }[] = []
    for (const request of requests) {
      const { key, fence } = request
      if (fence && this.#locks.isOld(fence)) {
        request.reject(fenced(key))
        continue
      }
      const present = changed.has(key) ? changed.get(key) : this.#present(key)
      const written = request.condition(present?.text)
      const isSame = present?.text === request.kept?.text && present?.expiresMs === request.kept?.expiresMs
      if (written && !isSame) changed.set(key, request.kept)
      outcomes.push({ request, written })
    }
    try {
      if (changed.size > 0) await this.#journal.append({ sequence: this.#sequence + 1, changes: changes(changed) })
    } catch (error) {
      for (const { request } of outcomes) request.reject(error)
      return
    }
    if (changed.size > 0) this.#sequence += 1
    for (const [key, entry] of changed) {
      if (entry === undefined) this.#entries.delete(key)
      else this.#entries.set(key, entry)
    }
    for (const { request, written } of outcomes) request.resolve(written)
  }

  /**
   * A new journal first, then the snapshot that the old ones fold into: recovery reads a snapshot and every journal from
   * its number on, so nothing is lost where this fails or is killed at any step.
   */
  async #compact(): Promise<void> {
    const generation = this.#generation + 1
    try {
      await this.#journal.seal()
      const journal = await Journal.open(join(this.#folder, journalName(generation)), 0)
      const old = this.#journal
      this.#journal = journal
      this.#generation = generation
      await syncFolder(this.#folder)
      await old.close()
      for (const [key, { expiresMs }] of this.#entries) if (isExpired(expiresMs)) this.#entries.delete(key)
      await writeSnapshot(this.#folder, { generation, sequence: this.#sequence, entries: this.#entries })
      await removeJournalsBefore(this.#folder, generation)
    } catch (error) {
      this.#notice(`${this.#folder}: cannot compact, all journals are kept: ${String(error)}`)
    }
    this.#compactAt = this.#journal.size + this.#compactBytes
  }
}

function changes(changed: ReadonlyMap<string, Kept | undefined>): Change[] {
  return Array.from(changed, ([key, entry]): Change => {
    if (entry === undefined) return [key]
    return entry.expiresMs === undefined ? [key, entry.text] : [key, entry.text, entry.expiresMs]
  })
}

function kept(value: Json, { ttlMs }: WriteOptions): Kept {
  const text = textOf(value)
  return ttlMs === undefined ? { text } : { text, expiresMs: Date.now() + ttlMs }
}

function fenced(key: string): StoreError {
  return new StoreError('STORE_FENCED', `${key}: the lock of this write has passed to somebody else`)
}

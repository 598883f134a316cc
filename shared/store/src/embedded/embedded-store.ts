import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Entry, type Json, KEY_BYTES_MAX, type Store, VALUE_BYTES_MAX } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { type Change, Journal } from './journal.ts'
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

interface Request {
  readonly key: string
  /** New text; undefined deletes. */
  readonly text: string | undefined
  /** Whether to write, given the present text. */
  readonly condition: (present: string | undefined) => boolean
  readonly resolve: (written: boolean) => void
  readonly reject: (error: unknown) => void
}

/** The default driver: all values in memory, every write in a journal on disk before it is acknowledged. */
export class EmbeddedStore implements Store {
  readonly #folder: string
  readonly #compactBytes: number
  readonly #notice: (message: string) => void
  readonly #lock: FolderLock
  readonly #entries: Map<string, string>
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
    this.#check(key)
    const text = this.#entries.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }

  async set(key: string, value: Json): Promise<void> {
    await this.#write(key, textOf(value), () => true)
  }

  async delete(key: string): Promise<boolean> {
    return await this.#write(key, undefined, (present) => present !== undefined)
  }

  async compareAndSet(key: string, expected: Json | undefined, value: Json | undefined): Promise<boolean> {
    const expectedText = expected === undefined ? undefined : textOf(expected)
    const text = value === undefined ? undefined : textOf(value)
    return await this.#write(key, text, (present) => present === expectedText)
  }

  async *scan(prefix: string): AsyncGenerator<Entry> {
    this.#check('scan')
    for (const [key, text] of this.#entries) {
      if (key.startsWith(prefix)) yield { key, value: JSON.parse(text) }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#worker
    await this.#journal.close()
    await this.#lock.release()
  }

  #check(key: string): void {
    if (this.#closing !== undefined) throw new StoreError('STORE_CLOSED', `${this.#folder} is closed`)
    const bytes = Buffer.byteLength(key)
    if (bytes === 0 || bytes > KEY_BYTES_MAX) {
      throw new StoreError('STORE_INPUT', `a key has 1 to ${KEY_BYTES_MAX} bytes, this one has ${bytes}`)
    }
  }

  async #write(key: string, text: string | undefined, condition: Request['condition']): Promise<boolean> {
    this.#check(key)
    return await new Promise((resolve, reject) => {
      this.#queue.push({ key, text, condition, resolve, reject })
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
    const changed = new Map<string, string | undefined>()
    const outcomes = requests.map((request) => {
      const present = changed.has(request.key) ? changed.get(request.key) : this.#entries.get(request.key)
      const written = request.condition(present)
      if (written && present !== request.text) changed.set(request.key, request.text)
      return { request, written }
    })
    try {
      if (changed.size > 0) await this.#journal.append({ sequence: this.#sequence + 1, changes: changes(changed) })
    } catch (error) {
      for (const { request } of outcomes) request.reject(error)
      return
    }
    if (changed.size > 0) this.#sequence += 1
    for (const [key, text] of changed) {
      if (text === undefined) this.#entries.delete(key)
      else this.#entries.set(key, text)
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
      await writeSnapshot(this.#folder, { generation, sequence: this.#sequence, entries: this.#entries })
      await removeJournalsBefore(this.#folder, generation)
    } catch (error) {
      this.#notice(`${this.#folder}: cannot compact, all journals are kept: ${String(error)}`)
    }
    this.#compactAt = this.#journal.size + this.#compactBytes
  }
}

function changes(changed: ReadonlyMap<string, string | undefined>): Change[] {
  return Array.from(changed, ([key, text]): Change => (text === undefined ? [key] : [key, text]))
}

function textOf(value: Json): string {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new StoreError('STORE_INPUT', 'a value must be something that JSON can say')
  if (Buffer.byteLength(text) > VALUE_BYTES_MAX) {
    throw new StoreError('STORE_INPUT', `a value has at most ${VALUE_BYTES_MAX} bytes as JSON`)
  }
  return text
}

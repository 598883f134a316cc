import { type Clock, systemClock } from '../clock.ts'
import type { Json } from '../json.ts'
import type { Fence, Lock, LockRequest } from '../lock/lock.ts'
import { takeLock } from '../lock/take-lock.ts'
import { readJson } from '../parse-json.ts'
import type { DeleteOptions, Entry, FenceOptions, Store, WriteOptions } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { checkKey, checkLock, checkSlot, checkWrite, textOf } from '../store-input.ts'
import type { Disk } from './disk.ts'
import { type Change, isExpired, type Kept, keptOf } from './kept.ts'
import { KeyIndex } from './key-index.ts'
import { LockTable } from './lock-table.ts'

/** Most writes of a batch, so that one record stays small in relation to the file. */
const BATCH_CHANGES_MAX = 1000
/** Number of values from which expired ones are dropped. */
const SWEEP_FROM = 1000
/** Key of the entry with the highest fence number; no caller can use this key. */
const OWN_KEY = ''

export interface MemoryStoreOptions {
  readonly clock?: Clock
  /** Most values; beyond it values with a time to live are dropped, the oldest writes first. Default: no limit. */
  readonly entriesMax?: number
}

/** Disk, recovered entries and name of a durable store. */
export interface Durable {
  readonly disk: Disk
  readonly entries: Map<string, Kept>
  /** Name for messages. */
  readonly name: string
}

interface Write {
  readonly key: string
  /** New value; undefined deletes. */
  readonly kept: Kept | undefined
  /** Whether to write over the present text. */
  readonly condition: (present: string | undefined) => boolean
  readonly fence?: Fence | undefined
  readonly deferSync?: boolean | undefined
}

interface Request extends Write {
  readonly resolve: (written: boolean) => void
  readonly reject: (error: unknown) => void
}

const always = () => true

/** Values, locks and slots of one process. With a disk, each write is durable before it is acknowledged. */
export class MemoryStore implements Store {
  readonly #clock: Clock
  readonly #entriesMax: number
  readonly #durable: Durable | undefined
  readonly #entries: Map<string, Kept>
  readonly #index: KeyIndex
  readonly #locks: LockTable
  /** The highest fence number on the disk. */
  #keptFence: number
  #sweepAt = SWEEP_FROM
  #queue: Request[] = []
  #worker: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor({ clock = systemClock, entriesMax = Infinity }: MemoryStoreOptions = {}, durable?: Durable) {
    this.#clock = clock
    this.#entriesMax = entriesMax
    this.#durable = durable
    this.#entries = durable?.entries ?? new Map()
    this.#index = new KeyIndex(this.#entries)
    this.#keptFence = Number(this.#entries.get(OWN_KEY)?.text ?? 0)
    this.#locks = new LockTable(clock, this.#keptFence)
  }

  async get(key: string): Promise<Json | undefined> {
    this.#checkOpen()
    checkKey(key)
    const entry = this.#present(key)
    return entry && (readJson(entry.text) as Json)
  }

  async set(key: string, value: Json, options: WriteOptions = {}): Promise<void> {
    checkWrite(key, options)
    const { fence, deferSync } = options
    await this.#write({ key, kept: this.#kept(value, options), condition: always, fence, deferSync })
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    checkWrite(key, options)
    const condition = (present: string | undefined) => present !== undefined
    const { fence, deferSync } = options
    return await this.#write({ key, kept: undefined, condition, fence, deferSync })
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
    const next = value === undefined ? undefined : this.#kept(value, options)
    const { fence, deferSync } = options
    return await this.#write({ key, kept: next, condition, fence, deferSync })
  }

  async *scan(prefix: string): AsyncGenerator<Entry> {
    this.#checkOpen()
    for (const key of this.#index.under(prefix)) {
      const entry = key === OWN_KEY ? undefined : this.#present(key)
      if (entry !== undefined) yield { key, value: readJson(entry.text) as Json }
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
    if (!this.#durable) return
    try {
      const { lastFence } = this.#locks
      if (lastFence > this.#keptFence) await this.#durable.disk.append([[OWN_KEY, `${lastFence}`]])
    } finally {
      await this.#durable.disk.close()
    }
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    throw new StoreError('STORE_CLOSED', `${this.#durable?.name ?? 'the store in memory'} is closed`)
  }

  #present(key: string): Kept | undefined {
    const entry = this.#entries.get(key)
    return isExpired(entry?.expiresMs, this.#clock.dateMs()) ? undefined : entry
  }

  #kept(value: Json, { ttlMs }: WriteOptions): Kept {
    return keptOf(textOf(value), ttlMs === undefined ? undefined : this.#clock.dateMs() + ttlMs)
  }

  async #write(write: Write): Promise<boolean> {
    this.#checkOpen()
    return await new Promise((resolve, reject) => {
      this.#queue.push({ ...write, resolve, reject })
      this.#worker ??= this.#work()
    })
  }

  /** Group commit: writes that arrive while a batch goes to the disk form the next batch. */
  async #work(): Promise<void> {
    // Callers in the same turn of the event loop share the first batch.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      await this.#commit(this.#queue.splice(0, BATCH_CHANGES_MAX))
      this.#evict()
      if (this.#entries.size >= this.#sweepAt) this.#sweep()
      if (this.#durable?.disk.isFull) {
        this.#sweep()
        await this.#durable.disk.fold(this.#entries)
      }
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
      const deferSync = requests.every((request) => request.deferSync)
      if (changed.size > 0) await this.#append(changed, deferSync)
    } catch (error) {
      for (const { request } of outcomes) request.reject(error)
      return
    }
    for (const [key, entry] of changed) {
      if (entry === undefined) this.#drop(key)
      else this.#keep(key, entry)
    }
    for (const { request, written } of outcomes) request.resolve(written)
  }

  /** Appends the changes with the highest fence number, so that no number in a stored value is issued again. */
  async #append(changed: Map<string, Kept | undefined>, deferSync: boolean): Promise<void> {
    if (!this.#durable) return
    const { lastFence } = this.#locks
    if (lastFence > this.#keptFence) changed.set(OWN_KEY, { text: `${lastFence}` })
    await this.#durable.disk.append(Array.from(changed, changeOf), deferSync)
    this.#keptFence = lastFence
  }

  /** Where there is a limit, the entries are in the order of their writes. */
  #evict(): void {
    for (const [key, { expiresMs }] of this.#entries) {
      if (this.#entries.size <= this.#entriesMax) return
      if (expiresMs !== undefined) this.#drop(key)
    }
  }

  #keep(key: string, entry: Kept): void {
    if (!this.#entries.has(key)) this.#index.add(key)
    else if (this.#entriesMax < Infinity) this.#entries.delete(key)
    this.#entries.set(key, entry)
  }

  #drop(key: string): void {
    if (this.#entries.delete(key)) this.#index.delete(key)
  }

  #sweep(): void {
    const nowMs = this.#clock.dateMs()
    for (const [key, { expiresMs }] of this.#entries) if (isExpired(expiresMs, nowMs)) this.#drop(key)
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#entries.size)
  }
}

function changeOf([key, entry]: [string, Kept | undefined]): Change {
  if (entry === undefined) return [key]
  return entry.expiresMs === undefined ? [key, entry.text] : [key, entry.text, entry.expiresMs]
}

function fenced(key: string): StoreError {
  return new StoreError('STORE_FENCED', `${key} was not written: the lock of the write has been granted again since`)
}

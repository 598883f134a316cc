import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Fence, type Json, type Store, StoreError } from '@powerbus/store'
import type { BootOnce, Creation, Deletion, KnownCloud, KnownDevice, Leftover, Missing, Pruned } from './records.ts'

/** Type of the records under each prefix. The braces of a key put it into one Redis slot with its lock. */
export interface Kept {
  readonly creation: Creation
  readonly deletion: Deletion
  readonly leftover: Leftover
  readonly missing: Missing
  /** By the machine's Uuid. */
  readonly pruned: Pruned
  readonly 'boot-once': BootOnce
  /** By the device's id. */
  readonly device: KnownDevice
  /** By its address. */
  readonly cloud: KnownCloud
}

export type Kind = keyof Kept

export interface Held {
  /** Throws if the lock is lost. */
  assertHeld(): void
  readonly fence: Fence
}

export interface WriteOptions {
  /** The lock that the write needs; the write throws LEASE_LOST once another replica has it. */
  readonly held?: Held
  /** Time to live of the record, in milliseconds; default: no end. */
  readonly ttlMs?: number
}

/** The plugin's records. Every method throws STORE_UNAVAILABLE. */
export class KeptRecords {
  readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  async get<K extends Kind>(kind: K, id: string): Promise<Kept[K] | undefined> {
    return (await ofStore(this.store.get(keyOf(kind, id)))) as Kept[K] | undefined
  }

  async put<K extends Kind>(kind: K, id: string, value: Kept[K], options?: WriteOptions): Promise<void> {
    await ofStore(this.store.set(keyOf(kind, id), asJson(value), storeOptions(options)))
  }

  /** Writes the record if there is none. False if there is one. */
  async add<K extends Kind>(kind: K, id: string, value: Kept[K]): Promise<boolean> {
    return await ofStore(this.store.compareAndSet(keyOf(kind, id), undefined, asJson(value)))
  }

  /** Replaces `before` by `after`, or removes it. False if the record has changed since `before` was read. */
  async replace<K extends Kind>(
    kind: K,
    id: string,
    before: Kept[K],
    after: Kept[K] | undefined,
    options?: WriteOptions,
  ): Promise<boolean> {
    const next = after === undefined ? undefined : asJson(after)
    return await ofStore(this.store.compareAndSet(keyOf(kind, id), asJson(before), next, storeOptions(options)))
  }

  async remove(kind: Kind, id: string, held?: Held): Promise<void> {
    await ofStore(this.store.delete(keyOf(kind, id), storeOptions({ ...(held && { held }) })))
  }

  async all<K extends Kind>(kind: K): Promise<readonly Kept[K][]> {
    const found: Kept[K][] = []
    const read = async () => {
      for await (const { value } of this.store.scan(`${kind}/`)) found.push(value as unknown as Kept[K])
    }
    await ofStore(read())
    return found
  }
}

/** Key of the record and of its lock. The id comes from a param and may hold any character. */
export function keyOf(kind: Kind, id: string): string {
  return `${kind}/{${encodeURIComponent(id)}}`
}

function storeOptions({ held, ttlMs }: WriteOptions = {}) {
  return { ...(held && { fence: held.fence }), ...(ttlMs !== undefined && { ttlMs }) }
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value))
}

async function ofStore<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    const isOver = cause.code === 'STORE_FENCED' || cause.code === 'LOCK_LOST'
    throw new PowerbusError(
      isOver ? 'LEASE_LOST' : 'STORE_UNAVAILABLE',
      `The plugin's state could not be read or written: ${cause.message}`,
      {
        cause,
      },
    )
  }
}

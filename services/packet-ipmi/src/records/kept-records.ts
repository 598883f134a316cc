import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Fence, type Json, type Store, StoreError } from '@powerbus/store'
import type { BootOnce, Creation, Deletion, KnownCloud, KnownDevice, Leftover, Missing, Pruned } from './records.ts'

/** What is kept under each prefix. A key's braces make it one group with its lock. */
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
  /** Throws where the lock is lost. */
  assertHeld(): void
  readonly fence: Fence
}

/** What this plugin must not forget. Every method throws STORE_UNAVAILABLE; a write with a fence that is over throws LEASE_LOST. */
export class KeptRecords {
  readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  async get<K extends Kind>(kind: K, id: string): Promise<Kept[K] | undefined> {
    return (await ofStore(this.store.get(keyOf(kind, id)))) as Kept[K] | undefined
  }

  /** With `held`, refused once somebody else has taken over. With `ttlMs`, forgotten after that. */
  async put<K extends Kind>(kind: K, id: string, value: Kept[K], held?: Held, ttlMs?: number): Promise<void> {
    const options = { ...(held && { fence: held.fence }), ...(ttlMs !== undefined && { ttlMs }) }
    await ofStore(this.store.set(keyOf(kind, id), asJson(value), options))
  }

  /** Writes it where there is none. False where there is one. */
  async add<K extends Kind>(kind: K, id: string, value: Kept[K]): Promise<boolean> {
    return await ofStore(this.store.compareAndSet(keyOf(kind, id), undefined, asJson(value)))
  }

  /** Writes `after`, or nothing more, in place of what was read as `before`. False where it has been changed meanwhile. */
  async replace<K extends Kind>(
    kind: K,
    id: string,
    before: Kept[K],
    after: Kept[K] | undefined,
    { held, ttlMs }: { readonly held?: Held; readonly ttlMs?: number } = {},
  ): Promise<boolean> {
    const options = { ...(held && { fence: held.fence }), ...(ttlMs !== undefined && { ttlMs }) }
    const next = after === undefined ? undefined : asJson(after)
    return await ofStore(this.store.compareAndSet(keyOf(kind, id), asJson(before), next, options))
  }

  async remove(kind: Kind, id: string, held?: Held): Promise<void> {
    await ofStore(this.store.delete(keyOf(kind, id), held && { fence: held.fence }))
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

/** Key of the record, and of the lock of whoever works on it. An id may hold anything: it comes from a param. */
export function keyOf(kind: Kind, id: string): string {
  return `${kind}/{${encodeURIComponent(id)}}`
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
    throw new PowerbusError(isOver ? 'LEASE_LOST' : 'STORE_UNAVAILABLE', `The plugin's state: ${cause.message}`, {
      cause,
    })
  }
}

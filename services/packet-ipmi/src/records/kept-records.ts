import { fromStore } from '@powerbus/plugin-sdk'
import type { FenceOptions, Json, Store, WriteOptions } from '@powerbus/store'
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

/**
 * The plugin's records. Every method throws STORE_UNAVAILABLE. A write with a fence throws LEASE_LOST once another
 * replica has the lock of the record.
 */
export class KeptRecords {
  readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  async get<K extends Kind>(kind: K, id: string): Promise<Kept[K] | undefined> {
    return (await fromStore(this.store.get(keyOf(kind, id)))) as Kept[K] | undefined
  }

  async put<K extends Kind>(kind: K, id: string, value: Kept[K], options?: WriteOptions): Promise<void> {
    await fromStore(this.store.set(keyOf(kind, id), value as unknown as Json, options))
  }

  /** Writes the record if there is none. False if there is one. */
  async add<K extends Kind>(kind: K, id: string, value: Kept[K]): Promise<boolean> {
    return await fromStore(this.store.compareAndSet(keyOf(kind, id), undefined, value as unknown as Json))
  }

  /** Replaces `before` by `after`, or removes it. False if the record has changed since `before` was read. */
  async replace<K extends Kind>(
    kind: K,
    id: string,
    before: Kept[K],
    after: Kept[K] | undefined,
    options?: WriteOptions,
  ): Promise<boolean> {
    const [expected, next] = [before as unknown as Json, after as unknown as Json | undefined]
    return await fromStore(this.store.compareAndSet(keyOf(kind, id), expected, next, options))
  }

  async remove(kind: Kind, id: string, options?: FenceOptions): Promise<void> {
    await fromStore(this.store.delete(keyOf(kind, id), options))
  }

  async all<K extends Kind>(kind: K): Promise<readonly Kept[K][]> {
    const found: Kept[K][] = []
    const read = async () => {
      for await (const { value } of this.store.scan(`${kind}/`)) found.push(value as unknown as Kept[K])
    }
    await fromStore(read())
    return found
  }

  /**
   * The cloud where a machine's device was made or last seen; undefined if no record names it. packet/api-url may have
   * changed since, and the answers of another cloud about the device mean nothing.
   */
  async cloudOf(deviceId: string, machine: string): Promise<string | undefined> {
    const known = await this.get('device', deviceId)
    if (known) return known.cloud
    const creation = await this.get('creation', machine)
    return creation?.deviceId === deviceId ? creation.cloud : undefined
  }

  /** The cloud of every device that a record names, by the device's id. */
  async clouds(): Promise<ReadonlyMap<string, string>> {
    const clouds = new Map<string, string>()
    for (const { deviceId, cloud } of await this.all('creation')) if (deviceId) clouds.set(deviceId, cloud)
    for (const { deviceId, cloud } of await this.all('device')) clouds.set(deviceId, cloud)
    return clouds
  }
}

/** Key of the record and of its lock. The id comes from a param and may hold any character. */
export function keyOf(kind: Kind, id: string): string {
  return `${kind}/{${encodeURIComponent(id)}}`
}

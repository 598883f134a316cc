import type { Cluster } from 'ioredis'
import type { Json } from '../json.ts'
import type { Fence, Lock, LockRequest } from '../lock/lock.ts'
import { takeLock } from '../lock/take-lock.ts'
import { JsonError, parseJson } from '../parse-json.ts'
import type { Entry, FenceOptions, Store, WriteOptions } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { checkKey, checkLock, checkSlot, checkWrite, GAP_MS_MAX, textOf } from '../store-input.ts'
import { parseRedisAddress } from './address.ts'
import { connect, type RedisClient } from './connect.ts'
import { Connection } from './connection.ts'
import { type Environment, readCredentials } from './credentials.ts'
import { dataKey, dataPattern, keyOfData, sideKey } from './keys.ts'
import { RedisLocks } from './redis-locks.ts'
import { slotScript, writeScript } from './scripts.ts'

const COMMAND_MS = 1500
const KEYS_PER_SCAN = 500

export interface RedisStoreOptions {
  /** See `parseRedisAddress` for the forms. */
  readonly url: string
  /** Environment for credentials and certificates that the address lacks: see `readCredentials`. */
  readonly env?: Environment
  /** Longest wait for the connection, and longest wait for an answer, in milliseconds; default 1500. */
  readonly commandMs?: number
  /** Called when the connection to Redis is lost, and when it is back. */
  readonly onNotice?: (message: string) => void
}

type Condition = readonly ['any' | 'absent' | 'present', ''] | readonly ['is', text: string]

/**
 * Values, locks and slots in Redis 6.2 or later, under the prefix `powerbus:v1:`. The server's configuration decides
 * how durable an acknowledged write is. With `appendfsync always` it survives a crash of the server. With `everysec`
 * the last 1 to 2 seconds may be lost. Without `appendonly` everything since the last snapshot is lost. Replicas get
 * writes later, so a failover may lose the last ones; WAIT is not sent. While Redis is unreachable every call rejects
 * with STORE_UNAVAILABLE after `commandMs`.
 */
export class RedisStore implements Store {
  readonly #connection: Connection
  readonly #locks: RedisLocks

  private constructor(connection: Connection) {
    this.#connection = connection
    this.#locks = new RedisLocks(connection)
  }

  /**
   * Opens the store without waiting for the connection. Rejects with STORE_INPUT for a malformed address,
   * STORE_UNAVAILABLE for an unreadable file.
   */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const { commandMs = COMMAND_MS, onNotice = () => undefined } = options
    const address = parseRedisAddress(options.url)
    const client = await connect(address, await readCredentials(options.env ?? {}), commandMs)
    return new RedisStore(new Connection(client, { name: address.name, commandMs, onNotice }))
  }

  async get(key: string): Promise<Json | undefined> {
    this.#connection.checkOpen()
    checkKey(key)
    const text = await this.#connection.run((client) => client.get(dataKey(key)))
    return text === null ? undefined : readValue(key, text)
  }

  async set(key: string, value: Json, options: WriteOptions = {}): Promise<void> {
    await this.#write(key, ['any', ''], value, options)
  }

  async delete(key: string, options: FenceOptions = {}): Promise<boolean> {
    return await this.#write(key, ['present', ''], undefined, options)
  }

  async compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options: WriteOptions = {},
  ): Promise<boolean> {
    const condition: Condition = expected === undefined ? ['absent', ''] : ['is', textOf(expected)]
    return await this.#write(key, condition, value, options)
  }

  /** Runs SCAN over all keys of the server. SCAN may return a key twice; it is given once. */
  async *scan(prefix: string): AsyncGenerator<Entry> {
    this.#connection.checkOpen()
    const shown = new Set<string>()
    for (const node of masters(this.#connection.client)) {
      let cursor = '0'
      do {
        const scan = () => node.scan(cursor, 'MATCH', dataPattern(prefix), 'COUNT', KEYS_PER_SCAN)
        const [next, found] = await this.#connection.run(scan)
        const keys = found.map(keyOfData).filter((key) => key.startsWith(prefix) && !shown.has(key))
        for (const key of keys) shown.add(key)
        const values = await Promise.all(keys.map((key) => this.get(key)))
        for (const [index, key] of keys.entries()) {
          const value = values[index]
          if (value !== undefined) yield { key, value }
        }
        cursor = next
      } while (cursor !== '0')
    }
  }

  async lock(request: LockRequest): Promise<Lock> {
    this.#connection.checkOpen()
    checkLock(request)
    return await takeLock(this.#locks, request)
  }

  async takeSlot(key: string, gapMs: number, { fence }: FenceOptions = {}): Promise<number> {
    this.#connection.checkOpen()
    checkSlot(key, gapMs, fence)
    const keys = [sideKey('slot', key), fenceKey(key, fence)]
    const answer = await this.#connection.script(slotScript, keys, [fence?.number ?? '', Math.ceil(gapMs), GAP_MS_MAX])
    return unlessFenced(key, answer)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #write(key: string, condition: Condition, value: Json | undefined, options: WriteOptions): Promise<boolean> {
    const { ttlMs, fence } = options
    this.#connection.checkOpen()
    checkWrite(key, options)
    const ttl = ttlMs === undefined ? '' : Math.ceil(ttlMs)
    const operation = value === undefined ? ['delete', '', ''] : ['set', textOf(value), ttl]
    const keys = [dataKey(key), fenceKey(key, fence)]
    const values = [fence?.number ?? '', ...condition, ...operation]
    return unlessFenced(key, await this.#connection.script(writeScript, keys, values)) === 1
  }
}

/** Key of the fence. Without a fence the script gets the value's key in its place and does not read it as a fence. */
function fenceKey(key: string, fence: Fence | undefined): string {
  return fence ? sideKey('fence', fence.key) : dataKey(key)
}

function unlessFenced(key: string, answer: unknown): number {
  if (Number(answer) >= 0) return Number(answer)
  throw new StoreError('STORE_FENCED', `${key} was not written: the lock of the write has been granted again since`)
}

function masters(client: RedisClient): readonly Pick<RedisClient, 'scan'>[] {
  return 'nodes' in client ? (client as Cluster).nodes('master') : [client]
}

function readValue(key: string, text: string): Json {
  try {
    return parseJson(text) as Json
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new StoreError('STORE_CORRUPT', `the value of ${key} in Redis ${cause.message}: set it again`, { cause })
  }
}

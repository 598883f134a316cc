import { join } from 'node:path'
import { openStore, type Store } from '@powerbus/store'
import { memoryCoordinator, type StoreCoordinator, storeCoordinator } from '../power/store-coordinator.ts'

export interface CoordinationOptions {
  readonly env: NodeJS.ProcessEnv
  /** Private to this process: where actions are kept apart and remembered without Redis. In memory where absent. */
  readonly folder?: string | undefined
  /** Name of this replica, for people. */
  readonly instance: string
  readonly onNotice: (message: string) => void
}

export interface Coordination {
  readonly coordinator: StoreCoordinator
  /** What it keeps its records in; absent in memory. */
  readonly store?: Store
  /** Other processes keep theirs in the same store. */
  readonly overReplicas: boolean
  close(): Promise<void>
}

/** Seconds after which what a dead replica holds is free for others, and how few and how many they may be. */
const LOCK_SECONDS = { variable: 'POWERBUS_LOCK_SECONDS', least: 1, most: 600 } as const

/** In milliseconds; undefined where it is not set. Throws an Error that names the variable. */
function lockTtlOf(env: NodeJS.ProcessEnv): number | undefined {
  const { variable, least, most } = LOCK_SECONDS
  const text = env[variable]
  if (!text) return undefined
  const seconds = Number(text)
  if (!(seconds >= least && seconds <= most)) throw new Error(`${variable} is ${least} to ${most} seconds, not ${text}`)
  return seconds * 1000
}

/**
 * How actions are kept apart: over all replicas where REDIS_URL is set, else in this process, in the folder's store if there is
 * one. Does not wait for Redis: while it is away, actions end with STORE_UNAVAILABLE. Throws what
 * `openStore` throws, and an Error for a POWERBUS_LOCK_SECONDS that is none.
 */
export async function coordinateActions(options: CoordinationOptions): Promise<Coordination> {
  const { env, folder, instance, onNotice } = options
  const overReplicas = Boolean(env.REDIS_URL)
  if (!overReplicas && folder === undefined)
    return { coordinator: memoryCoordinator(), overReplicas, close: async () => undefined }
  const lockTtlMs = lockTtlOf(env)
  const store = await openStore({ url: env.REDIS_URL, folder: join(folder ?? '', 'store'), env, onNotice })
  const coordinator = storeCoordinator(store, {
    name: instance,
    onNotice,
    sharesReads: overReplicas,
    ...(lockTtlMs !== undefined && { lockTtlMs }),
  })
  return { coordinator, store, overReplicas, close: () => store.close() }
}

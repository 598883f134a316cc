import { join } from 'node:path'
import type { Store } from '@powerbus/store'
import { systemClock } from '../power/clock.ts'
import type { Coordinator } from '../power/coordinator.ts'
import { localCoordinator } from '../power/local-coordinator.ts'
import type { StoreCoordinator } from '../power/store-coordinator.ts'

export interface CoordinationOptions {
  readonly env: NodeJS.ProcessEnv
  /** Private to this process: where actions are kept apart and remembered without Redis. In memory where absent. */
  readonly folder?: string | undefined
  /** Name of this replica, for people. */
  readonly instance: string
  readonly onNotice: (message: string) => void
}

export interface Coordination {
  readonly coordinator: Coordinator
  /** What it keeps its records in; absent in memory. */
  readonly shared?: {
    readonly store: Store
    readonly coordinator: StoreCoordinator
    /** Other processes keep theirs in the same store. */
    readonly overReplicas: boolean
  }
  close(): Promise<void>
}

/**
 * How actions are kept apart: over all replicas where REDIS_URL is set, else in this process, in the folder's store if there is
 * one. Does not wait for Redis: while it is away, actions end with STORE_UNAVAILABLE. Throws what `openStore` throws.
 */
export async function coordinateActions(options: CoordinationOptions): Promise<Coordination> {
  const { env, folder, instance, onNotice } = options
  if (!env.REDIS_URL && folder === undefined)
    return { coordinator: localCoordinator(systemClock), close: async () => undefined }
  const { openStore } = await import('@powerbus/store')
  const { storeCoordinator } = await import('../power/store-coordinator.ts')
  const store = await openStore({ url: env.REDIS_URL, folder: join(folder ?? '', 'store'), env, onNotice })
  const coordinator = storeCoordinator(store, { replica: instance, onNotice })
  return {
    coordinator,
    shared: { store, coordinator, overReplicas: Boolean(env.REDIS_URL) },
    close: () => store.close(),
  }
}

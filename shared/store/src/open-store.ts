import { EmbeddedStore } from './embedded/embedded-store.ts'
import type { Environment } from './redis/credentials.ts'
import type { Store } from './store.ts'

export interface OpenStoreOptions {
  /** Value of REDIS_URL. If it is set and not empty, Redis is used, else the embedded store in `folder`. */
  readonly url?: string | undefined
  readonly folder: string
  /** Environment for Redis credentials that the address lacks. */
  readonly env?: Environment
  readonly onNotice?: (message: string) => void
}

/** Opens a store. Rejects with the error of the driver's `open`. Loads the Redis client only if it is used. */
export async function openStore({ url, folder, env, onNotice }: OpenStoreOptions): Promise<Store> {
  const notice = onNotice && { onNotice }
  if (!url) return await EmbeddedStore.open({ folder, ...notice })
  const { RedisStore } = await import('./redis/redis-store.ts')
  return await RedisStore.open({ url, ...(env && { env }), ...notice })
}

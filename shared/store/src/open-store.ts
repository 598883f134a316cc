import { EmbeddedStore } from './embedded/embedded-store.ts'
import type { Environment } from './redis/credentials.ts'
import type { Store } from './store.ts'

export interface OpenStoreOptions {
  /** The value of REDIS_URL: Redis where it is set and not empty, the embedded store in `folder` otherwise. */
  readonly url?: string | undefined
  readonly folder: string
  /** Where credentials of Redis are looked for that the address does not have. */
  readonly env?: Environment
  readonly onNotice?: (message: string) => void
}

/** Throws what the driver's own `open` throws. The client of Redis is loaded only where it is used. */
export async function openStore({ url, folder, env, onNotice }: OpenStoreOptions): Promise<Store> {
  const notice = onNotice && { onNotice }
  if (!url) return await EmbeddedStore.open({ folder, ...notice })
  const { RedisStore } = await import('./redis/redis-store.ts')
  return await RedisStore.open({ url, ...(env && { env }), ...notice })
}

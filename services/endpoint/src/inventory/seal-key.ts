import { type Store, StoreError } from '@powerbus/store'
import type { ParamDefinitions } from './param-definitions.ts'

const KEY = 'inventory/seal-key'

/**
 * Endpoints on one store must seal with one key: the first one's public half is kept there. Throws a StoreError
 * STORE_CORRUPT for an endpoint that has another.
 */
export async function checkSealKey(store: Store, { sealKey }: ParamDefinitions): Promise<void> {
  await store.compareAndSet(KEY, undefined, sealKey)
  if ((await store.get(KEY)) === sealKey) return
  const text = 'the store belongs to endpoints with another secure-params.key: copy that file from one of them'
  throw new StoreError('STORE_CORRUPT', text)
}

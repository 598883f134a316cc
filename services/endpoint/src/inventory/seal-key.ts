import { type Store, StoreError } from '@powerbus/store'
import type { ParamDefinitions } from './param-definitions.ts'

const KEY = 'inventory/seal-key'

/**
 * Endpoints on one store must use one seal key. The store keeps the first endpoint's public half. Throws StoreError
 * STORE_CORRUPT where this endpoint has another key.
 */
export async function checkSealKey(store: Store, { sealKey }: ParamDefinitions): Promise<void> {
  await store.compareAndSet(KEY, undefined, sealKey)
  if ((await store.get(KEY)) === sealKey) return
  const text = 'endpoints on this store use another secure-params.key: copy that file from one of them'
  throw new StoreError('STORE_CORRUPT', text)
}

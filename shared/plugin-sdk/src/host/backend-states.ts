import type { Bus } from '@powerbus/bus'
import type { Store } from '@powerbus/store'
import { endsWithin } from '@powerbus/turns'

/** Longest wait of a readiness check for one answer. */
export const READY_ASK_MS = 2_000

export type BusHealth = 'ok' | 'away'
/** `none` where the process has no store. */
export type StoreHealth = 'ok' | 'away' | 'none'

export function busHealth(bus: Bus | undefined): BusHealth {
  return bus?.state === 'connected' ? 'ok' : 'away'
}

/** Asks for `key`, which the process must have the right to read. Takes 2 s at most. */
export async function storeHealth(store: Store | undefined, key: string): Promise<StoreHealth> {
  if (store === undefined) return 'none'
  const isThere = await endsWithin(store.get(key), READY_ASK_MS).catch(() => false)
  return isThere ? 'ok' : 'away'
}

import type { Bus } from '@powerbus/bus'
import { type BusHealth, busHealth, type StoreHealth, storeHealth } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'

/** What `/readyz` answers: a word for each thing that every request needs. */
export interface EndpointReadiness {
  readonly ready: boolean
  readonly bus: BusHealth
  readonly store: StoreHealth
}

/** Whether the endpoint can serve now. Takes 2 s at most. */
export async function endpointReadiness(bus: Bus, store: Store): Promise<EndpointReadiness> {
  const states = { bus: busHealth(bus), store: await storeHealth(store, 'auth/token-key') }
  return { ready: states.bus === 'ok' && states.store === 'ok', ...states }
}

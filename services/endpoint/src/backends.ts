import { join } from 'node:path'
import { type Bus, BusError, busOptionsFromEnvironment, connectBus } from '@powerbus/bus'
import { openStore, type Store, StoreError } from '@powerbus/store'
import type { Logger } from 'pino'
import type { EndpointOptions, Environment } from './endpoint-options.ts'

export interface Backends {
  readonly store: Store
  readonly bus: Bus
  /** True: other endpoints may use the store too. */
  readonly isShared: boolean
}

/**
 * Opens the store at REDIS_URL and the bus at NATS_URL, each by default in the state folder, unless the options give
 * them. `undo` gets a closing step for each that was opened. Throws StoreError and BusError.
 */
export async function openBackends(
  { stateDir, environment, version, ...given }: EndpointOptions & { environment: Environment; version: string },
  log: Logger,
  undo: (() => Promise<unknown>)[],
): Promise<Backends> {
  const onNotice = (text: string) => log.warn(text)
  const isShared = given.store !== undefined || Boolean(environment.REDIS_URL)
  const folder = join(stateDir, 'store')
  const store = given.store ?? (await openStore({ url: environment.REDIS_URL, folder, env: environment, onNotice }))
  if (store !== given.store) undo.push(() => store.close())
  if (given.bus) return { store, bus: given.bus, isShared }
  // Its journal locks the state folder for this process, wherever the store is.
  const own = { name: 'endpoint', version: version.replace(/^v/, ''), folder: join(stateDir, 'bus'), onNotice }
  try {
    const bus = await connectBus({ ...own, ...busOptionsFromEnvironment(environment) })
    undo.push(() => bus.close())
    await bus.connected()
    return { store, bus, isShared }
  } catch (error) {
    // Another endpoint has the journal open: report STORE_LOCKED, as the store does.
    throw error instanceof BusError && error.cause instanceof StoreError ? error.cause : error
  }
}

/** The REDIS_ variables, for launched plugins, which then share the store with their replicas. */
export function storeVariables(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('REDIS_') && value !== undefined,
  )
  return Object.fromEntries(entries) as Record<string, string>
}

import { join } from 'node:path'
import { type Bus, BusError, type BusOptions, busOptionsFromEnvironment, connectBus } from '@powerbus/bus'
import { openStore, type Store, StoreError } from '@powerbus/store'

export type Environment = Readonly<Record<string, string | undefined>>

export interface BackendOptions {
  readonly stateDir: string
  /** NATS_URL, REDIS_URL and their companions. Without them bus and store are embedded in the state folder. */
  readonly environment: Environment
  /** Version of the endpoint, with a leading v. */
  readonly version: string
  readonly onNotice: (text: string) => void
}

/** Opens the store at REDIS_URL, by default in the state folder. Throws StoreError. */
export async function openEndpointStore({ stateDir, environment, onNotice }: BackendOptions): Promise<Store> {
  return await openStore({ url: environment.REDIS_URL, folder: join(stateDir, 'store'), env: environment, onNotice })
}

/**
 * Opens the bus at NATS_URL, by default in this process. Its journal is always in the state folder and locks that
 * folder for this process, wherever the store is. Throws BusError, and StoreError STORE_LOCKED.
 */
export async function openEndpointBus({ stateDir, environment, version, onNotice }: BackendOptions): Promise<Bus> {
  const own: BusOptions = {
    name: 'endpoint',
    version: version.replace(/^v/, ''),
    folder: join(stateDir, 'bus'),
    onNotice,
  }
  try {
    const bus = await connectBus({ ...own, ...busOptionsFromEnvironment(environment) })
    try {
      await bus.connected()
      return bus
    } catch (error) {
      await bus.close()
      throw error
    }
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

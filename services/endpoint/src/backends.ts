import { join } from 'node:path'
import { type Bus, BusError, type BusOptions, busOptionsFromEnvironment, connectBus } from '@powerbus/bus'
import { openStore, type Store, StoreError } from '@powerbus/store'

export type Environment = Readonly<Record<string, string | undefined>>

export interface BackendOptions {
  readonly stateDir: string
  /** NATS_URL, REDIS_URL and the variables beside them; without those both are embedded, in the state folder. */
  readonly environment: Environment
  /** Of the endpoint, with a leading v. */
  readonly version: string
  readonly onNotice: (text: string) => void
}

/** The store at REDIS_URL, or else in the state folder. Throws StoreError. */
export async function openEndpointStore({ stateDir, environment, onNotice }: BackendOptions): Promise<Store> {
  return await openStore({ url: environment.REDIS_URL, folder: join(stateDir, 'store'), env: environment, onNotice })
}

/**
 * The bus at NATS_URL, or else in this process. It keeps a journal in the state folder in any case: with that the folder
 * is this process's alone, wherever the store is. Throws BusError, and StoreError STORE_LOCKED.
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
    // A journal that another endpoint has open is said as the store says it.
    throw error instanceof BusError && error.cause instanceof StoreError ? error.cause : error
  }
}

/** Variables by their names, for the plugins that are launched: replicas and endpoints share what REDIS_URL keeps. */
export function storeVariables(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('REDIS_') && value !== undefined,
  )
  return Object.fromEntries(entries) as Record<string, string>
}

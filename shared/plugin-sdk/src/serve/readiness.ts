import type { Bus } from '@powerbus/bus'
import { DrpApiError, type DrpApiErrorKind, type DrpClient } from '@powerbus/drp'
import type { Store } from '@powerbus/store'
import { type BusHealth, busHealth, READY_ASK_MS, type StoreHealth, storeHealth } from '../host/backend-states.ts'
import type { PluginHost } from '../host/plugin-host.ts'

/** `missing`: no token was given, or the token cannot be used. Others say how the endpoint's API fails. */
export type ApiState = 'ok' | 'missing' | DrpApiErrorKind

/** What `/readyz` answers: a word for each thing that work needs. */
export interface ReadyReport {
  readonly ready: boolean
  readonly config: 'ok' | 'waiting' | 'failed'
  readonly bus: BusHealth
  /** `none` where actions are kept apart in this process alone. */
  readonly store: StoreHealth
  /** The endpoint's API, for a plugin that needs it. */
  readonly api?: ApiState
  readonly stopping: boolean
}

export interface ReadinessSources {
  /** Its name. */
  readonly plugin: string
  readonly host: PluginHost
  readonly bus: () => Bus | undefined
  readonly store: Store | undefined
  /** The endpoint's API, where the plugin needs it. */
  readonly api: (() => Pick<DrpClient, 'info'>) | undefined
  readonly stopping: () => boolean
}

/** Whether it can do work now. Takes 2 s at most. */
export async function readiness({ plugin, host, bus, store, api, stopping }: ReadinessSources): Promise<ReadyReport> {
  const config = host.configuration.state
  const busState = busHealth(bus())
  const [storeState, found] = await Promise.all([
    // A key of the plugin's own: others it may have no right to read.
    storeHealth(store, `${plugin}/readiness`),
    api ? apiState(api) : ('ok' as const),
  ])
  const ready = config === 'ok' && busState === 'ok' && storeState !== 'away' && found === 'ok' && !stopping()
  return { ready, config, bus: busState, store: storeState, ...(api && { api: found }), stopping: stopping() }
}

/** Whether the endpoint's API lets this plugin in. */
export async function apiState(api: () => Pick<DrpClient, 'info'>): Promise<ApiState> {
  let client: Pick<DrpClient, 'info'>
  try {
    client = api()
  } catch {
    // The log has said why since the start.
    return 'missing'
  }
  try {
    await client.info({ timeoutMs: READY_ASK_MS })
    return 'ok'
  } catch (error) {
    if (error instanceof DrpApiError) return error.kind
    throw error
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '@powerbus/bus'
import type { DrpClient } from '@powerbus/drp'
import type { Store } from '@powerbus/store'
import type { PluginHost } from '../host/plugin-host.ts'
import { type ApiState, apiState } from './api-state.ts'

const STORE_MS = 2_000

/** What `/readyz` answers: a word for each thing that work needs. */
export interface ReadyReport {
  readonly ready: boolean
  readonly config: 'ok' | 'waiting' | 'failed'
  readonly bus: 'ok' | 'away'
  /** `none` where actions are kept apart in this process alone. */
  readonly store: 'ok' | 'away' | 'none'
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
  const busState = bus()?.state === 'connected' ? 'ok' : 'away'
  const [storeState, found] = await Promise.all([
    store ? stateOf(store, plugin) : ('none' as const),
    api ? apiState(api) : ('ok' as const),
  ])
  const ready = config === 'ok' && busState === 'ok' && storeState !== 'away' && found === 'ok' && !stopping()
  return { ready, config, bus: busState, store: storeState, ...(api && { api: found }), stopping: stopping() }
}

/** Asks for a key of the plugin's own: others it may have no right to read. */
async function stateOf(store: Store, plugin: string): Promise<'ok' | 'away'> {
  const cancel = new AbortController()
  const late = sleep(STORE_MS, 'away' as const, { signal: cancel.signal }).catch(() => 'away' as const)
  const answer = store.get(`${plugin}/readiness`).then(
    () => 'ok' as const,
    () => 'away' as const,
  )
  const state = await Promise.race([answer, late])
  cancel.abort()
  return state
}

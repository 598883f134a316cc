import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '@powerbus/bus'
import type { Store } from '@powerbus/store'
import type { PluginHost } from '../host/plugin-host.ts'

const STORE_MS = 2_000

/** What `/readyz` answers: a word for each thing that work needs. */
export interface ReadyReport {
  readonly ready: boolean
  readonly config: 'ok' | 'waiting' | 'failed'
  readonly bus: 'ok' | 'away'
  /** `none` where actions are kept apart in this process alone. */
  readonly store: 'ok' | 'away' | 'none'
  readonly stopping: boolean
}

export interface ReadinessSources {
  /** Its name. */
  readonly plugin: string
  readonly host: PluginHost
  readonly bus: () => Bus | undefined
  readonly store: Store | undefined
  readonly stopping: () => boolean
}

/** Whether it can do work now. Takes 2 s at most. */
export async function readiness({ plugin, host, bus, store, stopping }: ReadinessSources): Promise<ReadyReport> {
  const config = host.configuration.state
  const busState = bus()?.state === 'connected' ? 'ok' : 'away'
  const storeState = store ? await stateOf(store, plugin) : 'none'
  const ready = config === 'ok' && busState === 'ok' && storeState !== 'away' && !stopping()
  return { ready, config, bus: busState, store: storeState, stopping: stopping() }
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

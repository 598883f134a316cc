import type { CallOptions, ForwardedRequest } from '@powerbus/plugin-sdk/launch'
import type { Dispatcher } from 'undici'
import type { PluginLog } from './plugin-log.ts'

export interface RunningPluginOptions {
  /** Name of the plugin object. */
  readonly name: string
  /** Returns the plugin's effective params, decrypted. */
  readonly params: () => Readonly<Record<string, unknown>>
  readonly log: PluginLog
  /** Called whenever `errors` has changed. Must not throw. */
  readonly onState: () => void
}

/** A running plugin, a child process or replicas on the bus. */
export interface RunningPlugin {
  /** Why it takes no actions; empty where it takes them. */
  readonly errors: readonly string[]
  /** Its present processes, and the number of its restarts. */
  readonly figures: { readonly replicas: number; readonly restarts: number }
  /** Resolves when it is configured or has failed: see `errors`. */
  start(): Promise<void>
  /**
   * Returns the answer as JSON text. Throws PluginAnsweredError with the plugin's error, PLUGIN_UNAVAILABLE where
   * nothing was sent, OUTCOME_UNKNOWN where the answer was lost, and the signal's reason.
   */
  call(path: 'action' | 'publish', body: unknown, options: CallOptions): Promise<string>
  /** Forwards another HTTP request unchanged. Throws as `call` does. */
  forward(request: ForwardedRequest): Promise<Dispatcher.ResponseData>
  /** Sends it its params again. `errors` then has its objections. */
  configure(): Promise<void>
  stop(): Promise<void>
}

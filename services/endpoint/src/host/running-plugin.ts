import type { CallOptions, ForwardedRequest } from '@powerbus/plugin-sdk/launch'
import type { Dispatcher } from 'undici'

/** A plugin that is being run, here as a child process or elsewhere on the bus: whoever drives it sees no difference. */
export interface RunningPlugin {
  /** What keeps it from taking actions; nothing where it does. */
  readonly errors: readonly string[]
  /** Processes of it that are there now, and how often it was started again. */
  readonly figures: { readonly replicas: number; readonly restarts: number }
  /** Fulfilled when it is configured or has failed: `errors` tells which. */
  start(): Promise<void>
  /**
   * The answer as JSON text. Throws PluginAnsweredError with what the plugin says, PLUGIN_UNAVAILABLE where nothing was
   * sent, OUTCOME_UNKNOWN where it is not known what became of it, and the signal's reason.
   */
  call(path: 'action' | 'publish', body: unknown, options: CallOptions): Promise<string>
  /** Any other HTTP request, as it is. Throws as `call` does. */
  forward(request: ForwardedRequest): Promise<Dispatcher.ResponseData>
  /** Tells it its params anew. What it objects to is in `errors` then. */
  configure(): Promise<void>
  stop(): Promise<void>
}

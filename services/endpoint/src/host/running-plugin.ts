import { PowerbusError } from '@powerbus/plugin-sdk'
import {
  type CallOptions,
  type ForwardedAnswer,
  type ForwardedRequest,
  PluginAnsweredError,
} from '@powerbus/plugin-sdk/launch'
import { ConfigAttempts } from './config-attempts.ts'
import type { PluginLog } from './plugin-log.ts'
import { mayPass, reasonsOf } from './refusal-reasons.ts'

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
export abstract class RunningPlugin<Options extends RunningPluginOptions = RunningPluginOptions> {
  protected readonly options: Options
  protected readonly attempts = new ConfigAttempts((signal) => this.#attemptConfig(signal))
  #errors: readonly string[] = ['it is starting']
  #objections: readonly string[] = []

  constructor(options: Options) {
    this.options = options
  }

  /** Why it takes no actions; empty where it takes them. */
  get errors(): readonly string[] {
    return this.#errors
  }

  /** What its last config failed with; empty where that succeeded. */
  get objections(): readonly string[] {
    return this.#objections
  }

  /** Its present processes, and the number of its restarts. */
  abstract get figures(): { readonly replicas: number; readonly restarts: number }
  /** Resolves when it is configured or has failed: see `errors`. */
  abstract start(): Promise<void>
  /**
   * Returns the answer as JSON text. Throws PluginAnsweredError with the plugin's error, PLUGIN_UNAVAILABLE where
   * nothing was sent, OUTCOME_UNKNOWN where the answer was lost, and the signal's reason.
   */
  abstract call(path: 'action' | 'publish', body: unknown, options: CallOptions): Promise<string>
  /** Forwards another HTTP request unchanged. Throws as `call` does. */
  abstract forward(request: ForwardedRequest): Promise<ForwardedAnswer>
  /** Sends it its params again. `errors` then has its objections. */
  abstract configure(): Promise<void>
  abstract stop(): Promise<void>

  /** Sends the config once; false where nobody is there. Throws PluginAnsweredError with the plugin's objections. */
  protected abstract sendConfig(signal: AbortSignal): Promise<boolean>
  /** Called when no answer to a config came; true where the failure may pass. */
  protected abstract configFailed(error: unknown): boolean

  protected become(errors: readonly string[]): void {
    this.#errors = errors
    this.options.onState()
  }

  /** The error for a call while it takes no actions. */
  protected unavailable(): PowerbusError {
    const text = `plugin ${this.options.name} cannot work now: ${this.#errors.join('; ')}`
    return new PowerbusError('PLUGIN_UNAVAILABLE', text)
  }

  async #attemptConfig(signal: AbortSignal): Promise<boolean> {
    try {
      if (await this.sendConfig(signal)) {
        this.#objections = []
        this.become([])
      }
      return false
    } catch (error) {
      if (signal.aborted) return false
      const isAnswer = error instanceof PluginAnsweredError
      this.#objections = isAnswer ? reasonsOf(error.body) : [String(error)]
      this.become(this.#objections)
      this.options.log.write('warn', 'the plugin refuses its config', { errors: this.#errors })
      return isAnswer ? mayPass(error.status, error.body) : this.configFailed(error)
    }
  }
}

import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { pause } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'
import type { Answer, PluginHost } from '../host/plugin-host.ts'
import type { RequestWishes } from '../host/request-wishes.ts'
import type { Logger } from '../log.ts'
import type { Plugin } from '../plugin.ts'
import { readParamValues } from '../read-param-values.ts'

const PAUSES_MS = [250, 1_000, 5_000, 15_000, 60_000]

export interface ServedConfigOptions {
  readonly plugin: Plugin
  readonly host: PluginHost
  /** Of this process: from its environment and its file. */
  readonly local: JsonObject
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * The params that a served plugin works with: what was sent last, by the bus or by HTTP, and what was not sent from this
 * process's own. The same params sent again configure nothing anew: an endpoint sends them whenever a replica comes.
 */
export class ServedConfig {
  readonly #options: ServedConfigOptions
  #applied: JsonObject | undefined

  constructor(options: ServedConfigOptions) {
    this.#options = options
  }

  async apply(body: unknown, wishes: RequestWishes): Promise<Answer> {
    const { host, local } = this.#options
    if (body !== undefined && body !== null && !isJsonObject(body)) return host.config(body, wishes)
    const params = { ...local, ...body }
    if (host.configuration.state === 'ok' && isDeepStrictEqual(params, this.#applied)) return host.success()
    const answer = await host.config(params, wishes)
    this.#applied = answer.status === 200 ? params : undefined
    return answer
  }

  /**
   * Configures it with its own params, tried again where the failure may pass. Where a required one is missing it waits for
   * somebody to send it. Throws PARAM_INVALID.
   */
  async begin(): Promise<void> {
    const { plugin, host, local, log, signal } = this.#options
    try {
      readParamValues(plugin.params, local)
    } catch (error) {
      if (!(error instanceof PowerbusError) || error.code !== 'PARAM_MISSING') throw error
      log.info(`waiting for the config: ${error.message}`)
      return
    }
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      await this.apply({}, {})
      const { configuration } = host
      if (configuration.state !== 'failed' || !configuration.error.retry) return
      const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0
      await pause(pauseMs, signal)
      if (host.configuration !== configuration) return
    }
  }
}

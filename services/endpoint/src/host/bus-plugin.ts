import { randomUUID } from 'node:crypto'
import { type Bus, BusError, type BusErrorCode } from '@powerbus/bus'
import { type DrpError, decodeDrpAction, decodeDrpError, isJsonObject } from '@powerbus/drp'
import { PowerbusError, powerRequestId } from '@powerbus/plugin-sdk'
import { type CallOptions, PluginAnsweredError } from '@powerbus/plugin-sdk/launch'
import { pause } from '@powerbus/turns'
import type { Dispatcher } from 'undici'
import { ConfigAttempts } from './config-attempts.ts'
import type { PluginLog } from './plugin-log.ts'
import { mayPass, reasonsOf } from './refusal-reasons.ts'
import type { RunningPlugin } from './running-plugin.ts'

const CONFIG_TIMEOUT_MS = 60_000
/** The caller's signal is the deadline that counts: an action may take 20 minutes. */
const CALL_TIMEOUT_MS = 21 * 60_000
/** Where a request may be sent again: after these times without an answer, and the last one over again. */
const ASK_AGAIN_MS = [5000, 10_000, 20_000, 40_000, 60_000]
/** How long a request that was sent waits for a replica to come back, in milliseconds. */
const NOBODY_MS = 60_000
const NOBODY_PAUSE_MS = 500
/** A replica that ends is not seen any more while it finishes what it accepted, for 60 s at most. */
const LAST_ANSWERS_MS = 70_000
/** Nothing was carried out. */
const NOT_BEGUN: readonly BusErrorCode[] = ['NO_RESPONDERS', 'OVERLOADED', 'CLOSED', 'INPUT']
/** Not by themselves: they are ours, or of our bus. */
const LASTING: readonly BusErrorCode[] = ['CLOSED', 'INPUT']
/** They say nothing of the request that was sent before. */
const PASSING: readonly BusErrorCode[] = ['NO_RESPONDERS', 'OVERLOADED', 'UNAVAILABLE']

export interface BusPluginOptions {
  readonly name: string
  /** PLUGIN of the subjects. */
  readonly provider: string
  readonly bus: Bus
  /** The plugin's params as they are now, fully expanded and opened. */
  readonly params: () => Readonly<Record<string, unknown>>
  readonly log: PluginLog
  /** How many replicas are there now. */
  readonly replicas: () => number
  /** Whether the same named request may be sent to any replica again: it is still done once. */
  readonly sharesTurns: () => boolean
  /** Told whenever `errors` has changed. Must not throw. */
  readonly onState: () => void
  /** How long an answer is waited for when the last replica has gone, in milliseconds; 70 000 where absent. */
  readonly lastAnswersMs?: number
}

/** A plugin that is served elsewhere, by one replica or many: its config and its actions are requests on the bus. */
export class BusPlugin implements RunningPlugin {
  readonly #options: BusPluginOptions
  readonly #attempts = new ConfigAttempts((signal) => this.#tellConfig(signal))
  #errors: readonly string[] = ['it is starting']
  /** Aborted when none of the replicas that are there now is left, and none of them answers any more. */
  #leaving = new AbortController()

  constructor(options: BusPluginOptions) {
    this.#options = options
  }

  get errors(): readonly string[] {
    return this.#errors
  }

  get figures() {
    return { replicas: this.#options.replicas(), restarts: 0 }
  }

  async start(): Promise<void> {
    await this.configure()
  }

  /** The last replica has gone: nobody will answer what they were asked. */
  gone(): void {
    this.#attempts.cancel()
    const leaving = this.#leaving
    this.#leaving = new AbortController()
    setTimeout(() => leaving.abort(), this.#options.lastAnswersMs ?? LAST_ANSWERS_MS).unref()
    this.#become([NOBODY])
  }

  /** All replicas hear it, and the first answer counts. In place of one that was not answered yet: whoever was asked may be gone. */
  async configure(): Promise<void> {
    await this.#attempts.askAnew()
  }

  /** Whether it failed in a way that may pass: a replica announces itself a moment before it serves, or the bus is cut off. */
  async #tellConfig(signal: AbortSignal): Promise<boolean> {
    const { name, provider, bus, params, log, replicas } = this.#options
    if (replicas() === 0) {
      this.#become([NOBODY])
      return false
    }
    try {
      const options = { timeoutMs: CONFIG_TIMEOUT_MS, signal, requestId: randomUUID() }
      await bus.request(['config', provider], { ...params(), Name: name }, options)
      this.#become([])
      return false
    } catch (error) {
      if (signal.aborted) return false
      const isBusError = error instanceof BusError
      const refusal = isBusError && error.code === 'REFUSED' ? errorBody(name, error) : undefined
      this.#become(refusal ? reasonsOf(refusal) : [String(error)])
      log.write('warn', 'the plugin refuses its config', { errors: this.#errors })
      if (!isBusError) return false
      return refusal ? mayPass(error.status ?? refusal.Code, refusal) : !LASTING.includes(error.code)
    }
  }

  /** Events reach its replicas on the bus, without us. */
  async call(path: 'action' | 'publish', body: unknown, { requestId, trace, signal }: CallOptions): Promise<string> {
    const { name, provider, bus } = this.#options
    if (path === 'publish') return 'null'
    if (this.#errors.length > 0) {
      throw new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${name} cannot work now: ${this.#errors.join('; ')}`)
    }
    const { Command, Params } = decodeDrpAction(body)
    const subject = ['action', provider, Command]
    const answerable = AbortSignal.any([signal, this.#leaving.signal])
    try {
      const answer =
        this.#options.sharesTurns() && typeof Params[powerRequestId.name] === 'string'
          ? await this.#askUntilAnswered(subject, body, { requestId, trace, signal })
          : await bus.request(subject, body, { timeoutMs: CALL_TIMEOUT_MS, signal: answerable, requestId, trace })
      return JSON.stringify(answer ?? null)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (answerable.aborted) throw unanswered(name, error)
      throw callFailure(name, error)
    }
  }

  /**
   * The answer may be lost with its replica or with the connection, and nobody says so: the same named request is sent
   * again. Whichever replica gets it waits for the one that is at it, or finds out what came of it.
   */
  async #askUntilAnswered(subject: readonly string[], body: unknown, options: CallOptions): Promise<unknown> {
    const { bus } = this.#options
    let sinceNobodyMs: number | undefined
    for (let asked = 0; ; ) {
      const timeoutMs = ASK_AGAIN_MS[Math.min(asked, ASK_AGAIN_MS.length - 1)] ?? CALL_TIMEOUT_MS
      try {
        return await bus.request(subject, body, { ...options, timeoutMs })
      } catch (error) {
        if (!(error instanceof BusError) || options.signal.aborted) throw error
        if (error.code === 'TIMEOUT') {
          asked += 1
          sinceNobodyMs = undefined
          continue
        }
        const isUnsent = NOT_BEGUN.includes(error.code)
        if (asked === 0 && isUnsent) throw error
        // This request was not begun, but the one before it may have been.
        if (!PASSING.includes(error.code)) throw isUnsent ? unanswered(this.#options.name, error) : error
        sinceNobodyMs ??= performance.now()
        if (performance.now() - sinceNobodyMs > NOBODY_MS) throw unanswered(this.#options.name, error)
        await pause(NOBODY_PAUSE_MS, options.signal)
      }
    }
  }

  async forward(): Promise<Dispatcher.ResponseData> {
    const text = `plugin ${this.#options.name} runs on the bus, which carries no /plugin-apis: ask it directly`
    throw new PowerbusError('CAPABILITY_UNSUPPORTED', text)
  }

  async stop(): Promise<void> {
    this.#attempts.stop()
    this.#become(['it is stopped'])
  }

  #become(errors: readonly string[]): void {
    this.#errors = errors
    this.#options.onState()
  }
}

const NOBODY = 'no replica of it is on the bus'

function callFailure(plugin: string, error: unknown): unknown {
  if (!(error instanceof BusError)) return error
  if (error.code === 'REFUSED') return new PluginAnsweredError(error.status ?? 500, errorBody(plugin, error))
  if (NOT_BEGUN.includes(error.code)) {
    const text = `plugin ${plugin} takes no requests on the bus now: try again`
    return new PowerbusError('PLUGIN_UNAVAILABLE', text, { cause: error })
  }
  return unanswered(plugin, error)
}

function unanswered(plugin: string, cause: unknown): PowerbusError {
  const text = `plugin ${plugin} was asked, and no answer came back: look at what state the machine is in`
  return new PowerbusError('OUTCOME_UNKNOWN', text, { cause })
}

function errorBody(plugin: string, { status = 500, body, message }: BusError): DrpError {
  if (isJsonObject(body)) return decodeDrpError(body)
  return { Model: 'plugin', Key: plugin, Type: 'rpc', Messages: [message], Code: status }
}

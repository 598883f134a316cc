import { randomUUID } from 'node:crypto'
import { type Bus, BusError, type BusErrorCode } from '@powerbus/bus'
import { type DrpError, decodeDrpAction, decodeDrpError, isJsonObject } from '@powerbus/drp'
import { PowerbusError, powerRequestId } from '@powerbus/plugin-sdk'
import {
  answeredError,
  type CallOptions,
  type ForwardedAnswer,
  invalidAnswer,
  type PluginAnsweredError,
} from '@powerbus/plugin-sdk/launch'
import { jsonText } from '@powerbus/store'
import { pause } from '@powerbus/turns'
import { RunningPlugin, type RunningPluginOptions } from './running-plugin.ts'

const CONFIG_TIMEOUT_MS = 60_000
/** Above the caller's own deadline of 20 minutes, which its signal keeps. */
const CALL_TIMEOUT_MS = 21 * 60_000
/** Waits for an answer before a request is sent again; the last one repeats. */
const ASK_AGAIN_MS = [5000, 10_000, 20_000, 40_000, 60_000]
/** How long a sent request waits for a replica to come back. */
const NOBODY_MS = 60_000
const NOBODY_PAUSE_MS = 500
/** A stopping replica is gone from the bus, but finishes its accepted work for up to 60 s. */
const LAST_ANSWERS_MS = 70_000
/** Errors after which the request was not begun. */
const NOT_BEGUN: readonly BusErrorCode[] = ['UNREACHED', 'NO_RESPONDERS', 'OVERLOADED', 'CLOSED', 'INPUT']
/** Errors that do not pass by themselves. */
const LASTING: readonly BusErrorCode[] = ['CLOSED', 'INPUT']
/** Errors that pass, and say nothing about an earlier request. */
const PASSING: readonly BusErrorCode[] = ['UNREACHED', 'NO_RESPONDERS', 'OVERLOADED', 'UNAVAILABLE']

export interface BusPluginOptions extends RunningPluginOptions {
  /** PLUGIN in the bus's subjects. */
  readonly provider: string
  readonly bus: Bus
  /** Returns the number of replicas. */
  readonly replicas: () => number
  /** Whether any replica may get the same request id again and still runs it once. */
  readonly sharesTurns: () => boolean
  /** How long calls wait for answers after the last replica is gone, in milliseconds; 70 000 by default. */
  readonly lastAnswersMs?: number
}

/** A plugin that one or more replicas serve on the bus, which carries its config and actions as requests. */
export class BusPlugin extends RunningPlugin<BusPluginOptions> {
  /** Aborted once the present replicas are gone and can no longer answer. */
  #leaving = new AbortController()

  get figures() {
    return { replicas: this.options.replicas(), restarts: 0 }
  }

  async start(): Promise<void> {
    await this.configure()
  }

  /** Must be called when the last replica is gone. */
  gone(): void {
    this.attempts.cancel()
    const leaving = this.#leaving
    this.#leaving = new AbortController()
    setTimeout(() => leaving.abort(), this.options.lastAnswersMs ?? LAST_ANSWERS_MS).unref()
    this.options.log.write('warn', `${NOBODY}: its actions are refused until one is back`)
    this.become([NOBODY])
  }

  /**
   * All replicas get the config; the first answer counts. Replaces an unanswered attempt, whose replica may be gone.
   */
  async configure(): Promise<void> {
    await this.attempts.askAnew()
  }

  protected async sendConfig(signal: AbortSignal): Promise<boolean> {
    const { name, provider, bus, params, replicas } = this.options
    if (replicas() === 0) {
      this.become([NOBODY])
      return false
    }
    const options = { timeoutMs: CONFIG_TIMEOUT_MS, signal, requestId: randomUUID() }
    await bus.request(['config', provider], { ...params(), Name: name }, options).catch((error: unknown) => {
      throw isRefusal(error) ? refused(name, error) : error
    })
    return true
  }

  /** A replica announces itself just before it serves, and the bus may be cut off for a while. */
  protected configFailed(error: unknown): boolean {
    return error instanceof BusError && !LASTING.includes(error.code)
  }

  /** Ignores `publish`, since the replicas get events from the bus. */
  async call(path: 'action' | 'publish', body: unknown, { requestId, trace, signal }: CallOptions): Promise<string> {
    const { name, provider, bus } = this.options
    if (path === 'publish') return 'null'
    if (this.errors.length > 0) throw this.unavailable()
    const { Command, Params } = decodeDrpAction(body)
    const subject = ['action', provider, Command]
    const answerable = AbortSignal.any([signal, this.#leaving.signal])
    try {
      const answer =
        this.options.sharesTurns() && typeof Params[powerRequestId.name] === 'string'
          ? await this.#askUntilAnswered(subject, body, { requestId, trace, signal })
          : await bus.request(subject, body, { timeoutMs: CALL_TIMEOUT_MS, signal: answerable, requestId, trace })
      return jsonText(answer ?? null) ?? 'null'
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (answerable.aborted) throw unanswered(name, error)
      throw callFailure(name, error)
    }
  }

  /**
   * Sends the same request id again while no answer comes, since an answer may be lost with its replica or the
   * connection. The replica that gets it waits for the one that runs the action, or finds out its outcome.
   */
  async #askUntilAnswered(subject: readonly string[], body: unknown, options: CallOptions): Promise<unknown> {
    const { bus } = this.options
    let sinceNobodyMs: number | undefined
    for (let asked = 0; ; ) {
      const timeoutMs = ASK_AGAIN_MS[Math.min(asked, ASK_AGAIN_MS.length - 1)] ?? CALL_TIMEOUT_MS
      try {
        return await bus.request(subject, body, { ...options, timeoutMs })
      } catch (error) {
        if (!(error instanceof BusError) || options.signal.aborted) throw error
        // Between accounts NATS does not say that nobody is there.
        const isNobody = error.code === 'TIMEOUT' && this.options.replicas() === 0
        if (error.code === 'TIMEOUT' && !isNobody) {
          asked += 1
          sinceNobodyMs = undefined
          continue
        }
        const isUnsent = NOT_BEGUN.includes(error.code)
        if (asked === 0 && isUnsent) throw error
        // This request was not begun, but an earlier one may have been.
        if (!isNobody && !PASSING.includes(error.code)) throw isUnsent ? unanswered(this.options.name, error) : error
        sinceNobodyMs ??= performance.now()
        if (performance.now() - sinceNobodyMs > NOBODY_MS) throw unanswered(this.options.name, error)
        await pause(NOBODY_PAUSE_MS, options.signal)
      }
    }
  }

  async forward(): Promise<ForwardedAnswer> {
    const text = `plugin ${this.options.name} runs on the bus, which has no /plugin-apis: ask the plugin directly`
    throw new PowerbusError('CAPABILITY_UNSUPPORTED', text)
  }

  async stop(): Promise<void> {
    this.attempts.stop()
    this.become(['it is stopped'])
  }
}

const NOBODY = 'no replica of it is on the bus'

function callFailure(plugin: string, error: unknown): unknown {
  if (!(error instanceof BusError)) return error
  if (isRefusal(error)) return refused(plugin, error)
  if (error.code === 'ANSWER') return invalidAnswer(plugin, 'something that cannot be read', error)
  if (NOT_BEGUN.includes(error.code)) {
    const text = `plugin ${plugin} takes no requests on the bus now (${error.message}): try again`
    return new PowerbusError('PLUGIN_UNAVAILABLE', text, { cause: error })
  }
  return unanswered(plugin, error)
}

function unanswered(plugin: string, cause: unknown): PowerbusError {
  const text = `plugin ${plugin} got the request, but its answer was lost: check the state of the machine`
  return new PowerbusError('OUTCOME_UNKNOWN', text, { cause })
}

function isRefusal(error: unknown): error is BusError & { readonly code: 'REFUSED' } {
  return error instanceof BusError && error.code === 'REFUSED'
}

function refused(plugin: string, error: BusError): PluginAnsweredError | PowerbusError {
  const { status = 500, body, message } = error
  const plain: DrpError = { Model: 'plugin', Key: plugin, Type: 'rpc', Messages: [message], Code: status }
  try {
    return answeredError(plugin, status, () => (isJsonObject(body) ? decodeDrpError(body) : plain))
  } catch (cause) {
    return invalidAnswer(plugin, 'an error of another shape', cause)
  }
}

import type { Readable } from 'node:stream'
import type { TraceContext } from '@powerbus/bus'
import { type DrpError, decodeDrpError, wasNeverSent } from '@powerbus/drp'
import { JsonError, jsonText, parseJson } from '@powerbus/store'
import { type Dispatcher, Pool } from 'undici'
import { outOfDescriptors } from '../descriptors.ts'
import { PowerbusError } from '../errors.ts'

const CONNECTIONS_MAX = 256
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** An error that a plugin answered with: it goes to the client as it came. */
export class PluginAnsweredError extends Error {
  readonly status: number
  readonly body: DrpError

  constructor(status: number, body: DrpError) {
    super(body.Messages.join('; ') || `${body.Type} ${body.Model}/${body.Key} ${status}`)
    this.name = 'PluginAnsweredError'
    this.status = status
    this.body = body
  }
}

/** The error of an answer that is no success: the plugin's own, or ours where its status is none of an error. */
export function answeredError(
  plugin: string,
  status: number,
  body: () => DrpError,
): PluginAnsweredError | PowerbusError {
  if (isStatus(status) && status >= 400) return new PluginAnsweredError(status, body())
  return invalidAnswer(plugin, `status ${status}`)
}

/** The error for an answer that breaks the contract. `what`: what it was. */
export function invalidAnswer(plugin: string, what: string, cause?: unknown): PowerbusError {
  const text = `plugin ${plugin} answered with ${what}: check the state of the machine, then the plugin's log`
  return new PowerbusError('PLUGIN_ANSWER_INVALID', text, { cause })
}

function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 100 && status <= 599
}

export interface CallOptions {
  readonly requestId: string
  /** Of whoever asks: the plugin's spans go below theirs. */
  readonly trace?: TraceContext | undefined
  /** Ends the wait for the answer; the plugin sees its connection close. */
  readonly signal: AbortSignal
}

export interface ForwardedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Readable | string | null
  readonly signal: AbortSignal
}

/** HTTP to a plugin's TO socket, over connections that are kept (plugin contract §3). */
export class PluginLink {
  readonly #plugin: string
  readonly #pool: Pool

  constructor(plugin: string, socketPath: string) {
    this.#plugin = plugin
    this.#pool = new Pool('http://unix', {
      connect: { socketPath },
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      // The caller's signal is the only deadline: a soft shutdown may take ten minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: ANSWER_BYTES_MAX,
    })
  }

  /**
   * The answer as JSON text. Throws PluginAnsweredError with what the plugin says, PLUGIN_UNAVAILABLE where nothing was
   * sent, OUTCOME_UNKNOWN where the connection broke after that, and the signal's reason.
   */
  async call(path: 'config' | 'action' | 'publish' | 'stop', body: unknown, options: CallOptions): Promise<string> {
    const { requestId, trace, signal } = options
    const answer = await this.forward({
      method: 'POST',
      path: `/api-plugin/v4/${path}`,
      headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...trace },
      body: jsonText(body) ?? null,
      signal,
    })
    const text = await answer.body.text().catch((cause: unknown) => {
      throw this.#failure(cause, signal)
    })
    const { statusCode } = answer
    if (statusCode >= 200 && statusCode < 300) return checkedJson(this.#plugin, text)
    throw answeredError(this.#plugin, statusCode, () => errorBody(this.#plugin, statusCode, text))
  }

  /** Any other request, as it is. Throws as `call` does where there is no answer, and for a status that is none. */
  async forward(request: ForwardedRequest): Promise<Dispatcher.ResponseData> {
    if (this.#pool.destroyed) throw this.#notRunning()
    const answer = await this.#pool
      .request({ ...request, method: request.method as Dispatcher.HttpMethod })
      .catch((cause: unknown) => {
        throw this.#failure(cause, request.signal)
      })
    if (isStatus(answer.statusCode)) return answer
    await answer.body.dump()
    throw invalidAnswer(this.#plugin, `HTTP status ${answer.statusCode}`)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  #failure(cause: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason
    const lacking = outOfDescriptors(cause)
    if (lacking) return lacking
    if (wasNeverSent(cause)) return this.#notRunning(cause)
    const text = `plugin ${this.#plugin} ended while it was at work: look at what state the machine is in`
    return new PowerbusError('OUTCOME_UNKNOWN', text, { cause })
  }

  #notRunning(cause?: unknown): PowerbusError {
    return new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${this.#plugin} is not running: try again`, { cause })
  }
}

function checkedJson(plugin: string, text: string): string {
  if (text === '') return 'null'
  try {
    parseJson(text)
    return text
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw invalidAnswer(plugin, `a text that ${cause.message}`, cause)
  }
}

function errorBody(plugin: string, status: number, text: string): DrpError {
  try {
    return decodeDrpError(parseJson(text))
  } catch {
    // A plugin may answer anything; its text is all there is to pass on.
    return { Model: 'plugin', Key: plugin, Type: 'rpc', Messages: [text.slice(0, 1000)], Code: status }
  }
}

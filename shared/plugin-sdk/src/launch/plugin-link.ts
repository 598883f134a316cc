import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import type { TraceContext } from '@powerbus/bus'
import { type DrpError, decodeDrpError, partsOf, sendRequest, wasNeverSent } from '@powerbus/drp'
import { JsonError, jsonText, parseJson } from '@powerbus/store'
import { outOfDescriptors } from '../descriptors.ts'
import { PowerbusError } from '../errors.ts'

const CONNECTIONS_MAX = 256
const ANSWER_BYTES_MAX = 64 * 1024 * 1024
/** Idle connections end after this, before a plugin ends them, which would break the next call. */
const IDLE_MS = 4_000

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

/** The body ends with an error where the connection breaks or the signal aborts. */
export interface ForwardedAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
}

/** HTTP to a plugin's TO socket, over connections that are kept (plugin contract §3). */
export class PluginLink {
  readonly #plugin: string
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_MS })
  #isClosed = false

  constructor(plugin: string, socketPath: string) {
    this.#plugin = plugin
    this.#socketPath = socketPath
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
    const text = await textOf(answer.body).catch((cause: unknown) => {
      throw this.#failure(cause, signal)
    })
    const { statusCode } = answer
    if (statusCode >= 200 && statusCode < 300) return checkedJson(this.#plugin, text)
    throw answeredError(this.#plugin, statusCode, () => errorBody(this.#plugin, statusCode, text))
  }

  /** Any other request, as it is. Throws as `call` does where there is no answer, and for a status that is none. */
  async forward(request: ForwardedRequest): Promise<ForwardedAnswer> {
    if (this.#isClosed) throw this.#notRunning()
    const { body, headers, ...line } = request
    // The caller's signal is the only deadline: a soft shutdown may take ten minutes.
    const sent = sendRequest(
      { ...line, agent: this.#agent, socketPath: this.#socketPath, headers: { host: 'unix', ...headers } },
      body,
    )
    const answer = await sent.catch((cause: unknown) => {
      throw this.#failure(cause, request.signal)
    })
    const { statusCode = 0 } = answer
    if (isStatus(statusCode))
      return {
        statusCode,
        headers: answer.headers,
        body: Readable.from(partsOf(answer, ANSWER_BYTES_MAX), { objectMode: false }),
      }
    answer.destroy()
    throw invalidAnswer(this.#plugin, `HTTP status ${statusCode}`)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#agent.destroy()
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

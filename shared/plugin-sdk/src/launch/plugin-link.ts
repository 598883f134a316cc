import type { Readable } from 'node:stream'
import type { TraceContext } from '@powerbus/bus'
import { type DrpError, decodeDrpError, wasNeverSent } from '@powerbus/drp'
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
      body: JSON.stringify(body),
      signal,
    })
    const text = await answer.body.text().catch((cause: unknown) => {
      throw this.#failure(cause, signal)
    })
    const { statusCode } = answer
    if (statusCode < 400) return checkedJson(this.#plugin, text)
    throw new PluginAnsweredError(statusCode, errorBody(this.#plugin, statusCode, text))
  }

  /** Any other request, as it is. Throws as `call` does where there is no answer. */
  async forward(request: ForwardedRequest): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#pool.request({ ...request, method: request.method as Dispatcher.HttpMethod })
    } catch (cause) {
      throw this.#failure(cause, request.signal)
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  #failure(cause: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason
    const lacking = outOfDescriptors(cause)
    if (lacking) return lacking
    if (wasNeverSent(cause)) {
      return new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${this.#plugin} is not running: try again`, { cause })
    }
    const text = `plugin ${this.#plugin} ended while it was at work: look at what state the machine is in`
    return new PowerbusError('OUTCOME_UNKNOWN', text, { cause })
  }
}

function checkedJson(plugin: string, text: string): string {
  if (text === '') return 'null'
  try {
    JSON.parse(text)
    return text
  } catch (cause) {
    throw new PowerbusError('INTERNAL', `plugin ${plugin} answered with something other than JSON`, { cause })
  }
}

function errorBody(plugin: string, status: number, text: string): DrpError {
  try {
    return decodeDrpError(JSON.parse(text))
  } catch {
    // A plugin may answer anything; its text is all there is to pass on.
    return { Model: 'plugin', Key: plugin, Type: 'rpc', Messages: [text.slice(0, 1000)], Code: status }
  }
}

import { randomUUID } from 'node:crypto'
import {
  DecodeError,
  decodeDrpAction,
  decodeDrpEvent,
  isJsonObject,
  type JsonObject,
  type LogLevel,
  pluginError,
} from '@powerbus/drp'
import type { ApiAnswer, ApiRequest } from '../api-request.ts'
import type { Endpoint } from '../endpoint.ts'
import { PowerbusError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Plugin } from '../plugin.ts'
import { readParamValues } from '../read-param-values.ts'
import { AcceptedWork } from './accepted-work.ts'
import { asPowerbusError, failureOf, wrappedFailure } from './failure.ts'
import type { ProcessLog } from './process-log.ts'
import { scrubber } from './scrub.ts'
import { withinDeadline } from './within-deadline.ts'

const ACTION_MS = 120_000
const CONFIG_MS = 120_000
const PUBLISH_MS = 60_000
const API_MS = 120_000
/** An id that is longer, or has other characters, is not taken from a header into every log line. */
const requestIdHeader = /^[\w.:/-]{1,128}$/

/** What the request's headers ask for, besides the request itself. */
export interface RequestWishes {
  readonly requestId?: string | undefined
  readonly level?: LogLevel | undefined
}

/** An HTTP answer: its body is JSON text. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/** Runs a plugin's functions as the endpoint's requests ask for it (plugin contract §3). Knows nothing of HTTP. */
export class PluginHost {
  readonly work = new AcceptedWork()
  readonly #plugin: Plugin
  readonly #endpoint: Endpoint
  readonly #log: ProcessLog
  #name: string
  #configured: Promise<unknown> = Promise.resolve()

  constructor(plugin: Plugin, endpoint: Endpoint, log: ProcessLog) {
    this.#plugin = plugin
    this.#endpoint = endpoint
    this.#log = log
    this.#name = plugin.name
  }

  /** The Key of Error objects. */
  get name(): string {
    return this.#name
  }

  /** One configuration at a time, in the order they came. */
  async config(body: unknown, wishes: RequestWishes): Promise<Answer> {
    const before = this.#configured
    const mine = before.then(() => this.#configure(body, wishes))
    this.#configured = mine
    return mine
  }

  async action(body: unknown, wishes: RequestWishes): Promise<Answer> {
    const startedMs = performance.now()
    const requestId = requestIdOf(body, wishes)
    let scrub = (text: string) => text
    const log = this.#log.request({ ...wishes, requestId, scrub: (text) => scrub(text) })
    try {
      const request = decodeDrpAction(body ?? {})
      const action = this.#plugin.actions.find(({ name }) => name === request.Command)
      if (!action) throw unknownAction(request.Command, this.#plugin)
      const params = readParamValues(action.params, request.Params)
      scrub = scrubber(params)
      const subject = { command: action.name, object: subjectOf(request.Model) }
      log.debug('action accepted', subject)
      const timeoutMs = action.timeoutMs?.(params) ?? ACTION_MS
      const shared = { params, model: request.Model, command: action.name, requestId, log, endpoint: this.#endpoint }
      const context = { ...shared, deadlineMs: startedMs + timeoutMs }
      const result = await withinDeadline({ timeoutMs, shutdown: this.work.shutdown }, (signal) =>
        this.work.accept(async () => action.run({ ...context, signal })),
      )
      const answer = { status: 200, body: jsonText(result) }
      log.info('action done', { ...subject, ms: Math.round(performance.now() - startedMs) })
      return answer
    } catch (thrown) {
      const error = scrubbed(asPowerbusError(thrown), scrub)
      tell(log, 'action failed', error, thrown)
      return { status: error.status, body: JSON.stringify(failureOf(this.#name, error)) }
    }
  }

  async publish(body: unknown, wishes: RequestWishes): Promise<Answer> {
    const { publish } = this.#plugin
    if (!publish) return this.unknownPath()
    const log = this.#log.request({ ...wishes, ignorePublish: true })
    try {
      const event = decodeDrpEvent(body ?? {})
      await withinDeadline({ timeoutMs: PUBLISH_MS, shutdown: this.work.shutdown }, (signal) =>
        this.work.accept(async () => publish.call(this.#plugin, event, { signal, log, endpoint: this.#endpoint })),
      )
      return this.success()
    } catch (thrown) {
      const error = asPowerbusError(thrown)
      tell(log, 'event failed', error, thrown)
      const failure = failureOf(this.#name, error)
      if (thrown instanceof DecodeError) return { status: error.status, body: JSON.stringify(failure) }
      return { status: 200, body: JSON.stringify(wrappedFailure(failure, 200)) }
    }
  }

  async api(request: ApiRequest, wishes: RequestWishes): Promise<ApiAnswer> {
    const { api } = this.#plugin
    if (!api) return this.unknownPath()
    const log = this.#log.request(wishes)
    try {
      return await withinDeadline({ timeoutMs: API_MS, shutdown: this.work.shutdown }, (signal) =>
        this.work.accept(async () => {
          const answer = await api.call(this.#plugin, request, { signal, log, endpoint: this.#endpoint })
          return { ...answer, body: bodyOf(answer) }
        }),
      )
    } catch (thrown) {
      return this.failed(thrown, log)
    }
  }

  success(): Answer {
    return { status: 200, body: JSON.stringify(pluginError(this.#name, 200)) }
  }

  unknownPath(): Answer {
    return { status: 404, body: JSON.stringify(pluginError(this.#name, 404, ['Not found'])) }
  }

  /** Answers for any error, and logs it. */
  failed(thrown: unknown, log: Logger = this.#log.request()): Answer {
    const error = asPowerbusError(thrown)
    tell(log, 'request failed', error, thrown)
    return { status: error.status, body: JSON.stringify(failureOf(this.#name, error)) }
  }

  async #configure(body: unknown, wishes: RequestWishes): Promise<Answer> {
    let scrub = (text: string) => text
    const log = this.#log.request({ ...wishes, scrub: (text) => scrub(text) })
    try {
      const raw = body ?? {}
      if (!isJsonObject(raw)) throw new DecodeError('Config', 'an object', raw)
      if (typeof raw.Name === 'string' && raw.Name !== '') this.#name = raw.Name
      if (this.#endpoint.token.reveal() === '') {
        throw new PowerbusError(
          'REQUEST_INVALID',
          'RS_TOKEN is not set: start the plugin with a token for the endpoint',
        )
      }
      const params = readParamValues(this.#plugin.params, raw)
      scrub = scrubber(params)
      await withinDeadline({ timeoutMs: CONFIG_MS, shutdown: this.work.shutdown }, (signal) =>
        this.work.accept(async () =>
          this.#plugin.config?.({ params, name: this.#name, signal, log, endpoint: this.#endpoint }),
        ),
      )
      log.info('configured', { name: this.#name })
      return this.success()
    } catch (thrown) {
      const error = scrubbed(asPowerbusError(thrown), scrub)
      tell(log, 'config failed', error, thrown)
      const failure = wrappedFailure(failureOf(this.#name, error), error.status)
      return { status: error.status, body: JSON.stringify(failure) }
    }
  }
}

/** A result that JSON cannot say fails here, where it is still the action's fault. */
function jsonText(result: unknown): string {
  return JSON.stringify(result) ?? 'null'
}

function bodyOf(answer: ApiAnswer): string | Buffer {
  return typeof answer.body === 'string' || Buffer.isBuffer(answer.body) ? answer.body : jsonText(answer.body)
}

/** Only our own faults carry a stack; what the caller can act on is one line. */
function tell(log: Logger, message: string, error: PowerbusError, thrown: unknown): void {
  const stack = error.code === 'INTERNAL' && thrown instanceof Error ? { stack: thrown.stack } : {}
  const level = error.status >= 500 ? 'error' : 'warn'
  log[level](message, { code: error.code, reason: error.message, ...stack })
}

function scrubbed(error: PowerbusError, scrub: (text: string) => string): PowerbusError {
  return new PowerbusError(error.code, scrub(error.message), { cause: error })
}

function unknownAction(command: string, plugin: Plugin): PowerbusError {
  return new PowerbusError('ACTION_UNKNOWN', `${plugin.title} has no action ${JSON.stringify(command.slice(0, 100))}`)
}

/** Who sends a body that is no Action gets an id too: his request stands in the log as well. */
function requestIdOf(body: unknown, wishes: RequestWishes): string {
  const params = isJsonObject(body) && isJsonObject(body.Params) ? body.Params : {}
  const given = params['power/request-id']
  if (typeof given === 'string' && given !== '') return given
  return wishes.requestId !== undefined && requestIdHeader.test(wishes.requestId) ? wishes.requestId : randomUUID()
}

/** How a log line names the object: never with its params. */
function subjectOf(model: JsonObject): string {
  const name = model.Name ?? model.Uuid
  return typeof name === 'string' ? name : ''
}

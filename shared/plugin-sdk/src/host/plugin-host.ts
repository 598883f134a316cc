import { DecodeError, decodeDrpAction, decodeDrpEvent, isJsonObject, type JsonObject, pluginError } from '@powerbus/drp'
import { plainNumbers } from '@powerbus/store'
import type { ApiAnswer, ApiRequest } from '../api-request.ts'
import type { Endpoint } from '../endpoint.ts'
import { PowerbusError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Plugin, PluginEvent, PublishContext } from '../plugin.ts'
import type { PowerEngine } from '../power/power-engine.ts'
import { answerOf } from '../power/words.ts'
import { readParamValues } from '../read-param-values.ts'
import { AcceptedWork } from './accepted-work.ts'
import type { ActionEnd, ActionObserver, ActionRun } from './action-observer.ts'
import type { ActionTracer } from './action-tracer.ts'
import { asPowerbusError, failureOf, wrappedFailure } from './failure.ts'
import type { PluginState } from './plugin-state.ts'
import type { ProcessLog } from './process-log.ts'
import { plainId, type RequestWishes, requestIdOf } from './request-wishes.ts'
import { runOf } from './run-of.ts'
import { scrubber } from './scrub.ts'
import { tellFailure } from './tell-failure.ts'

const ACTION_MS = 120_000
const CONFIG_MS = 120_000
const PUBLISH_MS = 60_000
const API_MS = 120_000

/** An HTTP answer: its body is JSON text. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface PluginHostOptions {
  readonly plugin: Plugin
  readonly endpoint: Endpoint
  readonly log: ProcessLog
  readonly power: PowerEngine
  readonly state: PluginState
  /** Config needs RS_TOKEN, as a DRP endpoint sets it (plugin contract §1). */
  readonly needsToken: boolean
  /** True: events come from the event stream, so that the endpoint posts none. */
  readonly isStreamed?: boolean
  readonly observers: readonly ActionObserver[]
  readonly tracer?: ActionTracer | undefined
  /** Told of each config that succeeded. */
  readonly onConfigured?: () => void
}

export type Configuration =
  | { readonly state: 'waiting' | 'ok' }
  | { readonly state: 'failed'; readonly error: PowerbusError }

/** Runs a plugin's functions as the endpoint's requests ask for it (plugin contract §3). Knows nothing of HTTP. */
export class PluginHost {
  readonly work = new AcceptedWork('plugin')
  readonly #options: PluginHostOptions
  readonly #plugin: Plugin
  readonly #log: ProcessLog
  #name: string
  #configured: Promise<unknown> = Promise.resolve()
  #configuration: Configuration = { state: 'waiting' }

  constructor(options: PluginHostOptions) {
    this.#options = options
    this.#plugin = options.plugin
    this.#log = options.log
    this.#name = options.plugin.name
  }

  /** The Key of Error objects. */
  get name(): string {
    return this.#name
  }

  /** How the last config ended. */
  get configuration(): Configuration {
    return this.#configuration
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
    const headers = { 'x-request-id': plainId(wishes) ?? requestId }
    let scrub = (text: string) => text
    const log = this.#log.request({ ...wishes, requestId, scrub: (text) => scrub(text) })
    let ended: ((end: ActionEnd) => void) | undefined
    try {
      // Handlers get doubles, as all JavaScript does.
      const request = decodeDrpAction(plainNumbers(body ?? {}))
      const action = this.#plugin.actions.find(({ name }) => name === request.Command)
      if (!action) throw unknownAction(request.Command, this.#plugin)
      const params = readParamValues(action.params, request.Params)
      scrub = scrubber(params)
      const names = { plugin: this.#plugin.name, name: this.#name }
      const run = runOf({ ...names, action, request, params, requestId: headers['x-request-id'], body })
      ended = this.#begin(run)
      const subject = { command: action.name, object: subjectOf(request.Model) }
      log.debug('action accepted', subject)
      const timeoutMs = action.timeoutMs?.(params) ?? ACTION_MS
      const { power } = this.#options
      const asked = { params, model: request.Model, command: action.name, requestId, power }
      const context = { ...asked, ...this.#means(log), deadlineMs: startedMs + timeoutMs }
      const work = () => this.work.run(timeoutMs, async (signal) => action.run({ ...context, signal }))
      const result = await this.#traced(run, wishes, work)
      const answer = { status: 200, headers, body: textOf(answerOf(action.words, params, result)) }
      const durationMs = performance.now() - startedMs
      log.info('action done', { ...subject, ms: Math.round(durationMs) })
      ended({ durationMs, result })
      return answer
    } catch (thrown) {
      const error = scrubbed(asPowerbusError(thrown), scrub)
      tellFailure(log, 'action failed', error, thrown)
      if (ended) ended({ durationMs: performance.now() - startedMs, error })
      else for (const observer of this.#options.observers) observer.refuse?.(error)
      return { status: error.status, headers, body: JSON.stringify(failureOf(this.#name, error)) }
    }
  }

  async publish(body: unknown, wishes: RequestWishes): Promise<Answer> {
    if (!this.#plugin.publish || this.#options.isStreamed) return this.unknownPath('POST', '/api-plugin/v4/publish')
    try {
      await this.handleEvent(decodeDrpEvent(body ?? {}), wishes)
      return this.success()
    } catch (thrown) {
      const error = asPowerbusError(thrown)
      const failure = failureOf(this.#name, error)
      if (thrown instanceof DecodeError) return { status: error.status, body: JSON.stringify(failure) }
      return { status: 200, body: JSON.stringify(wrappedFailure(failure, 200)) }
    }
  }

  /** One event to the plugin's `publish`, or to `events.handle`. Rejects with a PowerbusError, and logs it. */
  async handleEvent(event: PluginEvent, wishes: RequestWishes = {}): Promise<void> {
    const { publish, events } = this.#plugin
    await this.#quietly('event failed', wishes, async (context) => {
      const plain = plainNumbers(event)
      if (publish) await publish.call(this.#plugin, plain, context)
      else await events?.handle(plain, context)
    })
  }

  /** Rejects as `handleEvent` does. */
  async catchUp(): Promise<void> {
    const { events } = this.#plugin
    await this.#quietly('catching up failed', {}, async (context) => events?.catchUp?.(context))
  }

  async api(request: ApiRequest, wishes: RequestWishes): Promise<ApiAnswer> {
    const { api } = this.#plugin
    if (!api) return this.unknownPath(request.method, `/plugin-apis/${this.#name}${request.path}`)
    const log = this.#log.request(wishes)
    try {
      return await this.work.run(API_MS, async (signal) => {
        const answer = await api.call(this.#plugin, request, { signal, ...this.#means(log) })
        return { ...answer, body: bodyOf(answer) }
      })
    } catch (thrown) {
      return this.failed(thrown, log)
    }
  }

  success(): Answer {
    return { status: 200, body: JSON.stringify(pluginError(this.#name, 200)) }
  }

  /** As the original plugins answer it: the path is the Key and the method the Type, without a message. */
  unknownPath(method: string, path: string): Answer {
    return { status: 404, body: JSON.stringify({ ...pluginError(this.#name, 404), Key: path, Type: method }) }
  }

  /** Answers a body of another kind than JSON; the method is the Type, as the original plugins have it. */
  wrongType(method: string, type: string): Answer {
    const text = `Invalid content type: ${type.slice(0, 100) || 'none'}; send application/json`
    const failure = failureOf(this.#name, new PowerbusError('REQUEST_INVALID', text))
    return { status: failure.Code, body: JSON.stringify({ ...failure, Type: method }) }
  }

  /** Answers for any error, and logs it. */
  failed(thrown: unknown, log: Logger = this.#log.request()): Answer {
    const error = asPowerbusError(thrown)
    tellFailure(log, 'request failed', error, thrown)
    return { status: error.status, body: JSON.stringify(failureOf(this.#name, error)) }
  }

  /** Runs a handler of events: no line about it becomes an event. */
  async #quietly(failed: string, wishes: RequestWishes, work: (context: PublishContext) => Promise<void>) {
    const log = this.#log.request({ ...wishes, ignorePublish: true })
    try {
      await this.work.run(PUBLISH_MS, async (signal) => work({ signal, ...this.#means(log) }))
    } catch (thrown) {
      const error = asPowerbusError(thrown)
      tellFailure(log, failed, error, thrown)
      throw error
    }
  }

  /** What every handler may use. */
  #means(log: Logger): Pick<PublishContext, 'log' | 'endpoint' | 'state'> {
    const { endpoint, state } = this.#options
    return { log, endpoint, state: state.open }
  }

  #begin(run: ActionRun): (end: ActionEnd) => void {
    const ends = this.#options.observers.map((observer) => observer.begin(run))
    return (end) => {
      for (const tell of ends) tell(end)
    }
  }

  #traced<T>(run: ActionRun, { traceHeaders = {} }: RequestWishes, work: () => Promise<T>): Promise<T> {
    const { tracer } = this.#options
    return tracer ? tracer(run, traceHeaders, work) : work()
  }

  async #configure(body: unknown, wishes: RequestWishes): Promise<Answer> {
    let scrub = (text: string) => text
    const log = this.#log.request({ ...wishes, scrub: (text) => scrub(text) })
    try {
      const raw = plainNumbers(body ?? {})
      if (!isJsonObject(raw)) throw new DecodeError('Config', 'an object', raw)
      if (typeof raw.Name === 'string' && raw.Name !== '') this.#name = raw.Name
      if (this.#options.needsToken && this.#options.endpoint.token.reveal() === '') {
        throw new PowerbusError(
          'REQUEST_INVALID',
          'RS_TOKEN is not set: start the plugin with a token for the endpoint',
        )
      }
      const params = readParamValues(this.#plugin.params, raw)
      scrub = scrubber(params)
      const backgroundLog = this.#log.request({ ignorePublish: true, scrub })
      await this.work.run(CONFIG_MS, async (signal) =>
        this.#plugin.config?.({ params, name: this.#name, signal, backgroundLog, ...this.#means(log) }),
      )
      this.#configuration = { state: 'ok' }
      log.info('configured', { name: this.#name })
      this.#options.onConfigured?.()
      return this.success()
    } catch (thrown) {
      const error = scrubbed(asPowerbusError(thrown), scrub)
      tellFailure(log, 'config failed', error, thrown)
      this.#configuration = { state: 'failed', error }
      const failure = wrappedFailure(failureOf(this.#name, error), error.status)
      return { status: error.status, body: JSON.stringify(failure) }
    }
  }
}

/** A result that JSON cannot say fails here, where it is still the action's fault. */
function textOf(result: unknown): string {
  return JSON.stringify(result) ?? 'null'
}

function bodyOf(answer: ApiAnswer): string | Buffer {
  return typeof answer.body === 'string' || Buffer.isBuffer(answer.body) ? answer.body : textOf(answer.body)
}

function scrubbed(error: PowerbusError, scrub: (text: string) => string): PowerbusError {
  return new PowerbusError(error.code, scrub(error.message), { cause: error })
}

function unknownAction(command: string, plugin: Plugin): PowerbusError {
  return new PowerbusError('ACTION_UNKNOWN', `${plugin.title} has no action ${JSON.stringify(command.slice(0, 100))}`)
}

/** How a log line names the object: never with its params. */
function subjectOf(model: JsonObject): string {
  const name = model.Name ?? model.Uuid
  return typeof name === 'string' ? name : ''
}

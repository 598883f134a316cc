import { randomUUID } from 'node:crypto'
import type { TraceContext } from '@powerbus/bus'
import { type AvailableAction, type DrpAction, type JsonObject, onlyReads, type PluginObject } from '@powerbus/drp'
import {
  type ActionOutcome,
  type ActionRun,
  actionEvent,
  PowerbusError,
  powerProtected,
  powerRequestId,
  protectionIn,
} from '@powerbus/plugin-sdk'
import { PluginAnsweredError } from '@powerbus/plugin-sdk/launch'
import { readJson } from '@powerbus/store'
import { within } from '@powerbus/turns'
import { withoutBareSecrets } from '../events/change-event.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { textField } from '../inventory/stored-object.ts'
import type { EndpointMetrics } from '../metrics/endpoint-metrics.ts'
import { errorReply } from '../server/error-reply.ts'
import { type ActionQuestion, actionOffers, chooseOffer, SYSTEM } from './action-choice.ts'
import type { PluginSupervisor } from './plugin-supervisor.ts'

/** Above the deadline of every action; ends the wait for a plugin that ignores its own deadlines. */
const ACTION_TIMEOUT_MS = 20 * 60_000
const INVOKE = 'INVOKE'
const SHOWN_CHARACTERS_MAX = 64 * 1024
/** Longest wait of an answer for the action's last event to be on the bus. */
const PUBLISHED_MS = 3_000

export interface ActionRequest {
  /** Prefix of the object, such as `machines`; `system` for a system action. */
  readonly kind: string
  /** Finds the action's object; profile `global` for a system action. Throws OBJECT_UNKNOWN. */
  readonly object: () => JsonObject
  readonly command: string
  /** Name of the plugin object that must run it; undefined: the endpoint chooses. */
  readonly plugin: string | undefined
  /** Params of the request's body. */
  readonly params: JsonObject
  readonly requestId: string
  readonly trace?: TraceContext | undefined
  /** Caller, as `Principal` of events. */
  readonly principal: string
  /** Aborted with a PowerbusError when the caller stops waiting. */
  readonly signal: AbortSignal
}

export interface ActionRunnerParts {
  readonly inventory: Inventory
  readonly supervisor: PluginSupervisor
  readonly events: EventFeed
  readonly metrics: EndpointMetrics
}

/** Finds an action's plugin, gathers its params, and sends it to the plugin. */
export class ActionRunner {
  readonly #parts: ActionRunnerParts

  constructor(parts: ActionRunnerParts) {
    this.#parts = parts
  }

  /** The actions of running plugins whose required params the object has, each once. */
  list(question: ActionQuestion): AvailableAction[] {
    const present = this.#parts.inventory.aggregate(question.object)
    const found = new Map<string, AvailableAction>()
    for (const { action, isRunning } of actionOffers(this.#parts, question)) {
      if (!isRunning || missing(action, (name) => present[name]).length > 0) continue
      found.set(`${action.Provider}/${action.Command}`, action)
    }
    return [...found.values()]
  }

  /** One action by name, even where the object lacks its params or no plugin runs it. Throws as `chooseOffer`. */
  find(question: ActionQuestion, command: string): AvailableAction {
    return this.#choose(question, command, (name) => this.#parts.inventory.param(question.object, name)).action
  }

  /**
   * Returns the action's result as JSON text. Throws ACTION_UNKNOWN, PARAM_MISSING that names the missing params,
   * STORE_UNAVAILABLE and what RunningPlugin.call throws; the `Type` of an error that the plugin answered is `INVOKE`.
   * STORE_UNAVAILABLE is published as a failed action where the action could be prepared.
   */
  async run(request: ActionRequest): Promise<string> {
    // Every request sees the changes of other endpoints on the same store.
    const stale = await this.#parts.inventory.refresh().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const { run, plugin, body, shown } = this.#prepared(request, stale)
    return await this.#published(run, shown, async () => {
      if (stale) throw stale.error
      return await this.#call(plugin, body, request)
    })
  }

  #prepared(request: ActionRequest, stale: { readonly error: unknown } | undefined) {
    try {
      return this.#prepare(request)
    } catch (error) {
      // The error may come from stale objects, so the store's failure is reported instead.
      throw stale ? stale.error : error
    }
  }

  #prepare(request: ActionRequest) {
    const { kind, command } = request
    const object = request.object()
    // With a request id the plugin can recover an action that it left unfinished, and never runs it twice.
    const named: JsonObject = { [powerRequestId.name]: randomUUID() }
    const { inventory } = this.#parts
    // No request lifts the protection of a machine: that is a change of the machine.
    const stored = { [powerProtected.name]: inventory.param(object, powerProtected.name) }
    const isProtected = protectionIn(inventory.opened(stored)) === true
    const asked = isProtected ? { ...request.params, [powerProtected.name]: true } : request.params
    const present = (name: string): unknown => {
      const given = Object.hasOwn(asked, name) ? asked[name] : inventory.param(object, name)
      return given === undefined ? named[name] : given
    }
    const { action, plugin } = this.#choose({ kind, object, plugin: request.plugin }, command, present)
    const absent = missing(action, present)
    if (absent.length > 0) throw paramMissing(kind, object, command, absent)
    if (plugin === undefined) throw noPlugin(action)
    const filled: Record<string, unknown> = {}
    for (const name of [...action.RequiredParams, ...action.OptionalParams]) {
      const value = present(name)
      if (value !== undefined) filled[name] = value
    }
    const { requestId, principal } = request
    // Powerbus plugins use both in their events of the action, which then have the same ids as the endpoint's.
    const id = randomUUID()
    const body: DrpAction & { readonly Principal: string; readonly ActionId: string } = {
      Model: object,
      Plugin: plugin.Name,
      Command: command,
      CommandSet: kind,
      Principal: principal,
      ActionId: id,
      Params: inventory.opened({ ...asked, ...filled }),
    }
    const mode = body.Params[`${action.Provider}/mode`]
    const driver = typeof mode === 'string' ? mode : ''
    const names = { plugin: action.Provider, name: plugin.Name, command, kind: kind === SYSTEM ? '' : kind }
    const run: ActionRun = { id, ...names, model: object, requestId, principal, driver }
    const listed = Object.entries(body.Params).filter(([name]) => Object.hasOwn(filled, name))
    const shown = startShown(object, Object.fromEntries(listed), inventory.definitions)
    return { run, plugin, body, shown }
  }

  async #call(plugin: PluginObject, body: DrpAction, request: ActionRequest): Promise<string> {
    const { requestId, trace, signal } = request
    const text = `${body.Command} did not end within ${ACTION_TIMEOUT_MS} ms`
    const late = () => new PowerbusError('DEADLINE_EXCEEDED', text)
    try {
      const runner = this.#parts.supervisor.runner(plugin)
      return await within({ timeoutMs: ACTION_TIMEOUT_MS, signal, late }, (over) =>
        runner.call('action', body, { requestId, trace, signal: over }),
      )
    } catch (error) {
      if (error instanceof PowerbusError && error.code === 'OUTCOME_UNKNOWN' && onlyReads(body.Command)) {
        const text = `plugin ${body.Plugin} gave no answer to ${body.Command}, which changes nothing: try again`
        throw new PowerbusError('PLUGIN_UNAVAILABLE', text, { cause: error })
      }
      if (error instanceof PluginAnsweredError) {
        // DRP names the call in Type, whatever the plugin wrote there; `Reason` keeps the code of a plugin of ours.
        throw new PluginAnsweredError(error.status, { ...error.body, Type: INVOKE })
      }
      throw error
    }
  }

  /**
   * Publishes the start of the action, and its end or failure. The answer waits up to 3 s until the last event is on
   * the bus, so that a caller with the answer finds the events even if the endpoint dies.
   */
  async #published(run: ActionRun, shown: JsonObject, work: () => Promise<string>): Promise<string> {
    const { requestId } = run
    const { events, metrics } = this.#parts
    const startedMs = performance.now()
    const ended = metrics.begin(run)
    const publishEnd = (outcome: ActionOutcome) =>
      events.publishDurably(actionEvent(run, outcome), requestId, PUBLISHED_MS)
    const start = actionEvent(run)
    // The event of the end follows, and its sync covers both.
    events.publish({ ...start, Object: { ...Object(start.Object), ...shown } }, { requestId, deferSync: true })
    try {
      const result = await work()
      ended('OK')
      await publishEnd({ durationMs: performance.now() - startedMs, result: readJson(result) })
      return result
    } catch (thrown) {
      const error = errorReply(thrown, `/api/v3/${run.kind}/${start.Key}`, requestId).body
      // A plugin gives the code as Reason, the endpoint as Type.
      ended(error.Reason || error.Type)
      await publishEnd({ durationMs: performance.now() - startedMs, error })
      throw thrown
    }
  }

  #choose(question: ActionQuestion, command: string, present: (name: string) => unknown) {
    return chooseOffer(this.#parts, question, command, (action) => missing(action, present))
  }
}

/** What the event of the start has of DRP's Action, besides its names; without secrets. A longer object is left out. */
function startShown(object: JsonObject, params: JsonObject, definitions: Inventory['definitions']): JsonObject {
  const { Params } = withoutBareSecrets({ Params: params }, definitions)
  const Model = withoutBareSecrets(object, definitions)
  return JSON.stringify([Model, Params]).length > SHOWN_CHARACTERS_MAX ? {} : { Model, Params }
}

function missing(action: AvailableAction, present: (name: string) => unknown): string[] {
  return action.RequiredParams.filter((name) => present(name) === undefined || present(name) === null)
}

function paramMissing(kind: string, object: JsonObject, command: string, names: readonly string[]): PowerbusError {
  const place = kind === SYSTEM ? 'profile global' : `${kind} ${textField(object, 'Name')} or one of its profiles`
  const text = `${command} needs ${names.join(', ')}: set it on ${place}, or send it with the action`
  return new PowerbusError('PARAM_MISSING', text)
}

function noPlugin({ Provider }: AvailableAction): PowerbusError {
  return new PowerbusError('PLUGIN_UNAVAILABLE', `no plugin runs provider ${Provider}: create one with POST plugins`)
}

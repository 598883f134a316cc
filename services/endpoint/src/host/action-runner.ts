import { randomUUID } from 'node:crypto'
import type { TraceContext } from '@powerbus/bus'
import type { AvailableAction, DrpAction, JsonObject, PluginObject } from '@powerbus/drp'
import { PowerbusError, powerRequestId } from '@powerbus/plugin-sdk'
import { actionEnded, actionFailed, actionStarted, type SentAction } from '../events/action-event.ts'
import type { EventFeed } from '../events/event-feed.ts'
import { textField } from '../inventory/collection.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { EndpointMetrics } from '../metrics/endpoint-metrics.ts'
import { errorReply } from '../server/error-reply.ts'
import type { PluginSupervisor } from './plugin-supervisor.ts'

/** The param that says which plugin a machine belongs to. */
const MACHINE_PLUGIN = 'machine-plugin'
/** Longer than any action allows itself: a plugin that keeps none of its own deadlines. */
const ACTION_TIMEOUT_MS = 20 * 60_000
/** How long an answer waits for the event of the action's end to be on the bus. */
const TOLD_MS = 3_000

export interface ActionRequest {
  /** `machines`, `plugins`, `profiles`; empty for a system action. */
  readonly kind: string
  /** Finds the object it is for; empty for a system action. Throws OBJECT_UNKNOWN. */
  readonly object: () => JsonObject
  readonly command: string
  /** Params of the request's body. */
  readonly params: JsonObject
  readonly requestId: string
  readonly trace?: TraceContext | undefined
  /** Who asks, as events name them. */
  readonly principal: string
  /** Aborted, with a PowerbusError, when it is not waited for any longer. */
  readonly signal: AbortSignal
}

export interface ActionRunnerParts {
  readonly inventory: Inventory
  readonly supervisor: PluginSupervisor
  readonly events: EventFeed
  readonly metrics: EndpointMetrics
}

/** Finds an action's plugin, gathers its params, and has it done. */
export class ActionRunner {
  readonly #parts: ActionRunnerParts

  constructor(parts: ActionRunnerParts) {
    this.#parts = parts
  }

  /** The actions whose required params the object has. */
  list(kind: string, object: JsonObject): AvailableAction[] {
    const present = this.#parts.inventory.aggregate(object)
    return this.#candidates(kind, object).filter((action) => missing(action, present).length === 0)
  }

  /** One action by name, whether the object has its params or not. Throws ACTION_UNKNOWN. */
  find(kind: string, object: JsonObject, command: string): AvailableAction {
    const [first] = this.#choices(kind, object, command)
    if (first !== undefined) return first
    const known = [...new Set(this.#candidates(kind, object).map((action) => action.Command))].sort().join(' ')
    throw new PowerbusError('ACTION_UNKNOWN', `there is no action ${command} for ${kind || 'the system'}: try ${known}`)
  }

  /**
   * The action's result as JSON text. Throws ACTION_UNKNOWN, PARAM_MISSING with what is missing, STORE_UNAVAILABLE, which is told of as an
   * action that failed where that much is known of it, and what PluginRunner.call throws.
   */
  async run(request: ActionRequest): Promise<string> {
    // What other endpoints on the same store have changed is known to every request.
    const stale = await this.#parts.inventory.refresh().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const { run, plugin, body } = this.#prepared(request, stale)
    return await this.#told(run, async () => {
      if (stale) throw stale.error
      return await this.#call(plugin, body, request)
    })
  }

  #prepared(request: ActionRequest, stale: { readonly error: unknown } | undefined) {
    try {
      return this.#prepare(request)
    } catch (error) {
      // What is wrong may be so only in what was known before.
      throw stale ? stale.error : error
    }
  }

  #prepare(request: ActionRequest) {
    const { kind, command } = request
    const object = request.object()
    // Its own, where the caller gives none: with it, what a plugin that dies leaves unfinished is found out and never done twice.
    const named: JsonObject = { [powerRequestId.name]: randomUUID() }
    const present: JsonObject = { ...named, ...this.#parts.inventory.aggregate(object), ...request.params }
    const choices = this.#choices(kind, object, command)
    const action = choices.find((choice) => missing(choice, present).length === 0) ?? this.find(kind, object, command)
    const absent = missing(action, present)
    if (absent.length > 0) throw paramMissing(kind, object, command, absent)
    const plugin = this.#pluginFor(action, object)
    const wanted = [...action.RequiredParams, ...action.OptionalParams].filter((name) => present[name] !== undefined)
    const filled = Object.fromEntries(wanted.map((name) => [name, present[name]]))
    const { requestId, principal } = request
    // Both are for plugins of ours: who asks stands in the events that they tell of the action, and its id makes them one with our own.
    const id = randomUUID()
    const body: DrpAction & { readonly Principal: string; readonly ActionId: string } = {
      Model: object,
      Plugin: plugin.Name,
      Command: command,
      CommandSet: 'actions',
      Principal: principal,
      ActionId: id,
      Params: this.#parts.inventory.opened({ ...request.params, ...filled }),
    }
    const names = { plugin: plugin.Name, provider: action.Provider }
    const run = { id, kind, object, ...names, command, requestId, principal, params: body.Params }
    return { run, plugin, body }
  }

  async #call(plugin: PluginObject, body: DrpAction, request: ActionRequest): Promise<string> {
    const deadline = AbortSignal.timeout(ACTION_TIMEOUT_MS)
    try {
      const { requestId, trace } = request
      const signal = AbortSignal.any([request.signal, deadline])
      return await this.#parts.supervisor.runner(plugin).call('action', body, { requestId, trace, signal })
    } catch (error) {
      if (!deadline.aborted) throw error
      throw new PowerbusError('DEADLINE_EXCEEDED', `${body.Command} did not end within ${ACTION_TIMEOUT_MS} ms`)
    }
  }

  /**
   * Tells of its start, and of its end or its failure. Its answer waits until that is on the bus, so that whoever has the answer finds
   * the events, even if the endpoint dies now; but not for long where the bus is away.
   */
  async #told(run: SentAction, work: () => Promise<string>): Promise<string> {
    const { requestId } = run
    const startedMs = performance.now()
    const ended = this.#parts.metrics.begin(run)
    this.#parts.events.publish(actionStarted(run), { requestId })
    try {
      const result = await work()
      ended('OK')
      await this.#parts.events.publishDurably(
        actionEnded(run, result, performance.now() - startedMs),
        requestId,
        TOLD_MS,
      )
      return result
    } catch (error) {
      ended(errorCode(error, run))
      await this.#parts.events.publishDurably(
        actionFailed(run, error, performance.now() - startedMs),
        requestId,
        TOLD_MS,
      )
      throw error
    }
  }

  #candidates(kind: string, object: JsonObject): AvailableAction[] {
    const manifests = this.#parts.supervisor
      .manifests()
      .filter(({ Name }) => kind !== 'plugins' || object.Provider === Name)
    return manifests.flatMap((manifest) => {
      const ofKind = manifest.AvailableActions.filter((action) => action.Model === kind)
      return ofKind.map((action) => ({ ...action, Provider: action.Provider || manifest.Name }))
    })
  }

  /** Where several providers have the command: the one of the machine's own plugin first. */
  #choices(kind: string, object: JsonObject, command: string): AvailableAction[] {
    const choices = this.#candidates(kind, object).filter((action) => action.Command === command)
    if (choices.length < 2) return choices
    const own = this.#ownPlugin(object)?.Provider
    return choices.sort((a, b) => Number(b.Provider === own) - Number(a.Provider === own))
  }

  #pluginFor(action: AvailableAction, object: JsonObject): PluginObject {
    if (action.Model === 'plugins') return this.#parts.inventory.plugins.get(textField(object, 'Name'))
    const own = this.#ownPlugin(object)
    if (own?.Provider === action.Provider) return own
    const plugins = this.#parts.inventory.plugins.list().filter((plugin) => plugin.Provider === action.Provider)
    const plugin = plugins.find((candidate) => this.#parts.supervisor.shown(candidate).Available) ?? plugins[0]
    if (plugin !== undefined) return plugin
    const text = `no plugin runs provider ${action.Provider}: create one with POST plugins`
    throw new PowerbusError('PLUGIN_UNAVAILABLE', text)
  }

  #ownPlugin(object: JsonObject): PluginObject | undefined {
    const name = this.#parts.inventory.aggregate(object)[MACHINE_PLUGIN]
    return typeof name === 'string' ? this.#parts.inventory.plugins.find(name) : undefined
  }
}

/** The endpoint names its errors in Type, and a plugin in Reason. */
function errorCode(error: unknown, { requestId }: SentAction): string {
  const { Reason, Type } = errorReply(error, '', requestId).body
  return Reason || Type
}

function missing(action: AvailableAction, present: JsonObject): string[] {
  return action.RequiredParams.filter((name) => present[name] === undefined || present[name] === null)
}

function paramMissing(kind: string, object: JsonObject, command: string, names: readonly string[]): PowerbusError {
  const place = kind === '' ? 'profile global' : `${kind} ${textField(object, 'Name')}, a profile of it`
  const text = `${command} needs ${names.join(', ')}: set it on ${place}, or send it with the action`
  return new PowerbusError('PARAM_MISSING', text)
}

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
import { within } from '@powerbus/turns'
import type { EventFeed } from '../events/event-feed.ts'
import { textField } from '../inventory/collection.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { EndpointMetrics } from '../metrics/endpoint-metrics.ts'
import { errorReply } from '../server/error-reply.ts'
import type { PluginSupervisor } from './plugin-supervisor.ts'

/** Param that names a machine's plugin. */
const MACHINE_PLUGIN = 'machine-plugin'
/** Above the deadline of every action; ends the wait for a plugin that ignores its own deadlines. */
const ACTION_TIMEOUT_MS = 20 * 60_000
/** Longest wait of an answer for the action's last event to be on the bus. */
const PUBLISHED_MS = 3_000

export interface ActionRequest {
  /** `machines`, `plugins`, `profiles`; empty for a system action. */
  readonly kind: string
  /** Finds the action's object; empty for a system action. Throws OBJECT_UNKNOWN. */
  readonly object: () => JsonObject
  readonly command: string
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

  /** The actions whose required params the object has. */
  list(kind: string, object: JsonObject): AvailableAction[] {
    const present = this.#parts.inventory.aggregate(object)
    return this.#candidates(kind, object).filter((action) => missing(action, (name) => present[name]).length === 0)
  }

  /** One action by name, even where the object lacks its params. Throws ACTION_UNKNOWN. */
  find(kind: string, object: JsonObject, command: string): AvailableAction {
    const [first] = this.#choices(kind, object, command)
    if (first !== undefined) return first
    const known = [...new Set(this.#candidates(kind, object).map((action) => action.Command))].sort().join(' ')
    throw new PowerbusError('ACTION_UNKNOWN', `there is no action ${command} for ${kind || 'the system'}: try ${known}`)
  }

  /**
   * Returns the action's result as JSON text. Throws ACTION_UNKNOWN, PARAM_MISSING that names the missing params,
   * STORE_UNAVAILABLE and what RunningPlugin.call throws. STORE_UNAVAILABLE is published as a failed action where the
   * action could be prepared.
   */
  async run(request: ActionRequest): Promise<string> {
    // Every request sees the changes of other endpoints on the same store.
    const stale = await this.#parts.inventory.refresh().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const { run, plugin, body } = this.#prepared(request, stale)
    return await this.#published(run, async () => {
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
    const choices = this.#choices(kind, object, command)
    const action = choices.find((choice) => missing(choice, present).length === 0) ?? this.find(kind, object, command)
    const absent = missing(action, present)
    if (absent.length > 0) throw paramMissing(kind, object, command, absent)
    const plugin = this.#pluginFor(action, object)
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
      CommandSet: 'actions',
      Principal: principal,
      ActionId: id,
      Params: inventory.opened({ ...asked, ...filled }),
    }
    const mode = body.Params[`${action.Provider}/mode`]
    const driver = typeof mode === 'string' ? mode : ''
    const names = { plugin: action.Provider, name: plugin.Name, command, kind }
    const run: ActionRun = { id, ...names, model: object, requestId, principal, driver }
    return { run, plugin, body }
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
      throw error
    }
  }

  /**
   * Publishes the start of the action, and its end or failure. The answer waits up to 3 s until the last event is on
   * the bus, so that a caller with the answer finds the events even if the endpoint dies.
   */
  async #published(run: ActionRun, work: () => Promise<string>): Promise<string> {
    const { requestId } = run
    const { events, metrics } = this.#parts
    const startedMs = performance.now()
    const ended = metrics.begin(run)
    const publishEnd = (outcome: ActionOutcome) =>
      events.publishDurably(actionEvent(run, outcome), requestId, PUBLISHED_MS)
    const start = actionEvent(run)
    // The event of the end follows, and its sync covers both.
    events.publish(start, { requestId, deferSync: true })
    try {
      const result = await work()
      ended('OK')
      await publishEnd({ durationMs: performance.now() - startedMs, result: JSON.parse(result) })
      return result
    } catch (thrown) {
      const error = errorReply(thrown, `/api/v3/${run.kind}/${start.Key}`, requestId).body
      // A plugin gives the code as Reason, the endpoint as Type.
      ended(error.Reason || error.Type)
      await publishEnd({ durationMs: performance.now() - startedMs, error })
      throw thrown
    }
  }

  /** The actions of all plugins for that object, or those of that name. */
  #candidates(kind: string, object: JsonObject, command?: string): AvailableAction[] {
    const found: AvailableAction[] = []
    for (const { Name, AvailableActions } of this.#parts.supervisor.manifests()) {
      if (kind === 'plugins' && object.Provider !== Name) continue
      for (const action of AvailableActions) {
        if (action.Model !== kind || action.Command !== (command ?? action.Command)) continue
        found.push({ ...action, Provider: action.Provider || Name })
      }
    }
    return found
  }

  /** All actions of that name; that of the machine's own plugin comes first. */
  #choices(kind: string, object: JsonObject, command: string): AvailableAction[] {
    const choices = this.#candidates(kind, object, command)
    if (choices.length < 2) return choices
    const own = this.#ownPlugin(object)?.Provider
    return choices.sort((a, b) => Number(b.Provider === own) - Number(a.Provider === own))
  }

  #pluginFor(action: AvailableAction, object: JsonObject): PluginObject {
    if (action.Model === 'plugins') return this.#parts.inventory.plugins.get(textField(object, 'Name'))
    const own = this.#ownPlugin(object)
    if (own?.Provider === action.Provider) return own
    const plugins = this.#parts.inventory.plugins.list().filter((plugin) => plugin.Provider === action.Provider)
    const plugin =
      plugins.find((candidate) => this.#parts.supervisor.shown('plugins', candidate).Available) ?? plugins[0]
    if (plugin !== undefined) return plugin
    const text = `no plugin runs provider ${action.Provider}: create one with POST plugins`
    throw new PowerbusError('PLUGIN_UNAVAILABLE', text)
  }

  #ownPlugin(object: JsonObject): PluginObject | undefined {
    const name = this.#parts.inventory.param(object, MACHINE_PLUGIN)
    return typeof name === 'string' ? this.#parts.inventory.plugins.find(name) : undefined
  }
}

function missing(action: AvailableAction, present: (name: string) => unknown): string[] {
  return action.RequiredParams.filter((name) => present(name) === undefined || present(name) === null)
}

function paramMissing(kind: string, object: JsonObject, command: string, names: readonly string[]): PowerbusError {
  const place = kind === '' ? 'profile global' : `${kind} ${textField(object, 'Name')} or one of its profiles`
  const text = `${command} needs ${names.join(', ')}: set it on ${place}, or send it with the action`
  return new PowerbusError('PARAM_MISSING', text)
}

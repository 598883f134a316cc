import type { AvailableAction, JsonObject, PluginObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Inventory } from '../inventory/inventory.ts'
import type { PluginSupervisor } from './plugin-supervisor.ts'

/** Prefix of system actions, whose `Model` in a manifest is empty or this word. */
export const SYSTEM = 'system'
/** Param that names a machine's plugin. */
const MACHINE_PLUGIN = 'machine-plugin'

/** An action with the plugin object that runs it; undefined where its provider has none. */
export interface ActionOffer {
  readonly action: AvailableAction
  readonly plugin: PluginObject | undefined
  /** Whether the plugin takes actions now. */
  readonly isRunning: boolean
}

export interface ActionQuestion {
  /** Prefix of the object: `machines`, or `system`. */
  readonly kind: string
  readonly object: JsonObject
  /** Name of the plugin object that must run the action (`?plugin=`); undefined leaves the choice to the endpoint. */
  readonly plugin: string | undefined
}

export interface OfferParts {
  readonly inventory: Inventory
  readonly supervisor: Pick<PluginSupervisor, 'manifests' | 'shown'>
}

/**
 * Every action for the object, or those of that name, once for each plugin object of its provider, in the order of their
 * names.
 */
export function actionOffers(
  { inventory, supervisor }: OfferParts,
  question: ActionQuestion,
  command?: string,
): ActionOffer[] {
  const { kind, object, plugin: asked } = question
  const plugins = inventory.plugins.list()
  const offers: ActionOffer[] = []
  for (const { Name: provider, AvailableActions } of supervisor.manifests()) {
    if (kind === 'plugins' && object.Provider !== provider) continue
    const actions = AvailableActions.filter(
      ({ Model, Command }) => (Model || SYSTEM) === kind && (command === undefined || Command === command),
    )
    if (actions.length === 0) continue
    const own = plugins.filter(({ Name, Provider }) => {
      return Provider === provider && (kind !== 'plugins' || Name === object.Name)
    })
    for (const { Provider, ...action } of actions) {
      const shown = { Provider: Provider || provider, ...action }
      if (own.length === 0 && asked === undefined) offers.push({ action: shown, plugin: undefined, isRunning: false })
      for (const plugin of own) {
        if (asked !== undefined && plugin.Name !== asked) continue
        offers.push({ action: shown, plugin, isRunning: supervisor.shown('plugins', plugin).Available === true })
      }
    }
  }
  return offers
}

/**
 * The offer of `command` that runs: the asked plugin's, else that of the plugin which the machine names in
 * `machine-plugin` where the action's params are all there (`missing` is empty), else the first provider's whose params
 * are, by a running plugin of it. A plugin that makes machines leaves its params out of those that another one powers.
 * Throws ACTION_UNKNOWN, and OBJECT_CONFLICT where several plugins have the action and the machine names one that does
 * not exist.
 */
export function chooseOffer(
  parts: OfferParts,
  question: ActionQuestion,
  command: string,
  missing: (action: AvailableAction) => readonly string[],
): ActionOffer {
  const offers = actionOffers(parts, question, command)
  const [first] = offers
  if (first === undefined) throw unknown(parts, question, command)
  if (offers.length === 1) return first
  const named = parts.inventory.param(question.object, MACHINE_PLUGIN)
  let own: ActionOffer | undefined
  if (typeof named === 'string' && named !== '' && question.plugin === undefined) {
    own = offers.find(({ plugin }) => plugin?.Name === named)
    if (own !== undefined && missing(own.action).length === 0) return own
    if (own === undefined && parts.inventory.plugins.find(named) === undefined) throw gone(named, command, offers)
  }
  const complete = offers.filter(({ action }) => missing(action).length === 0)
  const best = complete.find(({ plugin }) => plugin !== undefined) ?? complete[0] ?? own ?? first
  // Another provider's plugin would act in another way: it never takes the place of one that is not running.
  const alike = offers.filter(({ action }) => action.Provider === best.action.Provider)
  return alike.find(({ isRunning }) => isRunning) ?? best
}

function unknown(parts: OfferParts, { kind, object, plugin }: ActionQuestion, command: string): PowerbusError {
  if (plugin === undefined) {
    const offers = actionOffers(parts, { kind, object, plugin })
    const known = [...new Set(offers.map(({ action }) => action.Command))].sort().join(' ')
    const text = `there is no action ${command} for ${kind}: ${known === '' ? 'no plugin has any' : `try ${known}`}`
    return new PowerbusError('ACTION_UNKNOWN', text)
  }
  const others = actionOffers(parts, { kind, object, plugin: undefined }, command)
  const names = others.flatMap((offer) => offer.plugin?.Name ?? [])
  const exists = parts.inventory.plugins.find(plugin) !== undefined
  const what = exists ? `plugin ${plugin} has no action ${command} for ${kind}` : `there is no plugin ${plugin}`
  return new PowerbusError('ACTION_UNKNOWN', `${what}: ${names.length === 0 ? 'no plugin has it' : havers(names)}`)
}

function gone(named: string, command: string, offers: readonly ActionOffer[]): PowerbusError {
  const names = offers.flatMap(({ plugin }) => plugin?.Name ?? [])
  const text = `${MACHINE_PLUGIN} names ${named}, which is no plugin, and ${havers(names)} for ${command}`
  return new PowerbusError('OBJECT_CONFLICT', `${text}: set ${MACHINE_PLUGIN} to one of them`)
}

function havers(names: readonly string[]): string {
  return `?plugin= may be ${[...new Set(names)].sort().join(', ')}`
}

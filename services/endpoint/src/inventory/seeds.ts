import type { JsonObject, Machine, PluginObject } from '@powerbus/drp'
import type { Inventory } from './inventory.ts'

/** A machine that `ensureMachines` makes, or whose given fields it sets. */
export interface MachineSeed {
  readonly Name: string
  readonly Description?: string
  readonly Address?: string
  readonly Profiles?: readonly string[]
  readonly Params?: JsonObject
  readonly Meta?: Readonly<Record<string, string>>
}

/** A plugin object that `ensurePlugin` makes, or whose given params it sets. */
export interface PluginSeed {
  readonly Name: string
  /** The plugin's name by default. */
  readonly Provider?: string
  readonly Params: JsonObject
}

/** Makes machines whose name is new, and sets the given fields and params of the others. Removes nothing. */
export async function ensureMachines({ machines }: Inventory, seeds: readonly MachineSeed[]): Promise<Machine[]> {
  return await Promise.all(seeds.map((seed) => machines.merge({ ...seed })))
}

/** Makes a plugin object, or sets the given params of the present one. */
export async function ensurePlugin({ plugins }: Inventory, seed: PluginSeed): Promise<PluginObject> {
  const { Name, Provider = Name, Params } = seed
  return await plugins.merge({ Name, Params, ...(!plugins.find(Name) && { Provider }) })
}

import type { JsonObject, Machine, PluginObject } from '@powerbus/drp'
import type { Collection } from '../inventory/collection.ts'
import type { Profile } from '../inventory/profile.ts'
import type { ApiParts } from './api-parts.ts'

/** One kind of object and the effects that API calls have beyond the stored object. */
export interface ObjectKind<T extends JsonObject = JsonObject> {
  readonly collection: Collection<T>
  /** Adds the present state to the object. */
  readonly shown: (object: T) => T
  readonly create: (value: JsonObject, principal: string) => Promise<T>
  readonly changed: (object: T) => Promise<void>
  readonly remove: (key: string, principal: string) => Promise<T>
}

export function machineKind({ inventory }: ApiParts): ObjectKind<Machine> {
  return {
    collection: inventory.machines,
    shown: (machine) => machine,
    create: (value, principal) => inventory.createMachine(value, principal),
    changed: async () => undefined,
    remove: (key, principal) => inventory.machines.remove(key, principal),
  }
}

/** Any plugin may use a profile's params, so a change configures every plugin again. */
export function profileKind({ inventory, supervisor }: ApiParts): ObjectKind<Profile> {
  return {
    collection: inventory.profiles,
    shown: (profile) => profile,
    create: (value, principal) => inventory.profiles.create(value, principal),
    changed: async () => {
      await Promise.all(inventory.plugins.list().map((plugin) => supervisor.changed(plugin.Name)))
    },
    remove: (key, principal) => inventory.removeProfile(key, principal),
  }
}

export function pluginKind({ inventory, supervisor }: ApiParts): ObjectKind<PluginObject> {
  return {
    collection: inventory.plugins,
    shown: (plugin) => supervisor.shown(plugin),
    create: async (value, principal) => {
      const plugin = await inventory.plugins.create(value, principal)
      await supervisor.changed(plugin.Name)
      return plugin
    },
    changed: (plugin) => supervisor.changed(plugin.Name),
    remove: async (key, principal) => {
      const plugin = await inventory.plugins.remove(key, principal)
      await supervisor.removed(plugin.Name)
      return plugin
    },
  }
}

import { randomUUID } from 'node:crypto'
import {
  decodeMachine,
  decodePluginObject,
  isJsonObject,
  type JsonObject,
  type Machine,
  type PluginObject,
  type Profile,
  profileModel,
} from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { ChangeListener, Kind } from './change.ts'
import type { ChangeNotes } from './change-notes.ts'
import { Collection, stored } from './collection.ts'
import type { ParamDefinitions } from './param-definitions.ts'
import { GLOBAL_PROFILE } from './profile.ts'
import { SharedLog } from './shared-log.ts'
import { type Follower, type Sharing, unshared } from './sharing.ts'
import type { StoredObject } from './stored-object.ts'

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

export interface InventoryOptions {
  readonly store: Store
  readonly definitions: ParamDefinitions
  /** True: other endpoints use the store too. */
  readonly isShared: boolean
  /** Notes of changes that are not published yet; undefined where the store is shared. */
  readonly notes?: ChangeNotes | undefined
  /** Called for every change that this endpoint makes. */
  readonly onChange: ChangeListener
  /** Called for every object that another endpoint makes, changes or removes. */
  readonly onForeign: (kind: Kind, key: string) => void
}

/** Machines, profiles and plugins, and their effective params. */
export class Inventory {
  readonly definitions: ParamDefinitions
  readonly machines: Collection<Machine>
  readonly profiles: Collection<Profile>
  readonly plugins: Collection<PluginObject>
  /** The profiles come first, since machines name them. */
  readonly #all: readonly Collection<StoredObject>[]
  readonly #sharing: Sharing
  readonly #followers: Follower[] = []

  private constructor({ store, definitions, isShared, notes, onChange, onForeign }: InventoryOptions) {
    this.definitions = definitions
    this.#sharing = isShared
      ? new SharedLog({
          store,
          apply: (storeKey, value) => {
            for (const collection of this.#all) {
              const key = collection.apply(storeKey, value)
              if (key !== undefined) onForeign(collection.kind, key)
            }
            for (const follower of this.#followers) follower.apply(storeKey, value)
          },
          reload: async () => {
            for (const collection of this.#all) {
              for (const key of await collection.reload()) onForeign(collection.kind, key)
            }
            for (const follower of this.#followers) await follower.reload()
          },
        })
      : unshared(store, notes)
    const shared = {
      store,
      sharing: this.#sharing,
      onChange,
      accept: <T extends StoredObject>(object: T, present: T | undefined): T => {
        return { ...object, Params: definitions.acceptAll(object.Params, present?.Params ?? {}) }
      },
    }
    this.profiles = new Collection<Profile>({
      ...shared,
      kind: 'profiles',
      keyField: 'Name',
      decode: profileModel.decode,
      checkRemoval: (profile) => this.#checkUnused(profile),
    })
    this.machines = new Collection<Machine>({
      ...shared,
      kind: 'machines',
      keyField: 'Uuid',
      complete: withUuid,
      decode: decodeMachine,
      accept: (machine, present) => {
        const name = machine.Profiles.find((profile) => this.profiles.find(profile) === undefined)
        if (name === undefined) return shared.accept(machine, present)
        throw new PowerbusError('REQUEST_INVALID', `Profiles: there is no profile ${name}: create it first`)
      },
    })
    this.plugins = new Collection<PluginObject>({
      ...shared,
      kind: 'plugins',
      keyField: 'Name',
      decode: decodePluginObject,
    })
    this.#all = [this.profiles, this.machines, this.plugins]
  }

  static async load(options: InventoryOptions): Promise<Inventory> {
    const inventory = new Inventory(options)
    for (const collection of inventory.#all) await collection.reload()
    await inventory.refresh()
    const Description = 'Params of every object that does not set them itself'
    if (!inventory.profiles.find(GLOBAL_PROFILE)) await inventory.profiles.merge({ Name: GLOBAL_PROFILE, Description })
    return inventory
  }

  /**
   * Keeps something else of the same store up to date with every refresh: `make` gets the way to write. It is read from
   * the store first. Throws STORE_UNAVAILABLE.
   */
  async alongside<F extends Follower>(make: (sharing: Sharing) => F): Promise<F> {
    const follower = make(this.#sharing)
    await stored(
      this.#sharing.alone(async () => {
        this.#followers.push(follower)
        await follower.reload()
      }),
    )
    return follower
  }

  /** Takes over the changes of other endpoints. Throws STORE_UNAVAILABLE. */
  async refresh(): Promise<void> {
    await stored(this.#sharing.refresh())
  }

  /** Makes machines whose name is new, and sets the given fields and params of the others. Removes nothing. */
  async ensureMachines(seeds: readonly MachineSeed[]): Promise<Machine[]> {
    return await Promise.all(seeds.map((seed) => this.machines.merge({ ...seed })))
  }

  /** Makes a bundle's profile, or sets the given fields and params of the present one. Its other params stay. */
  async ensureProfile(value: JsonObject): Promise<Profile> {
    const { Name, Params } = profileModel.decode(value)
    return await this.profiles.merge({ ...value, Name, Params })
  }

  /** Makes a plugin object, or sets the given params of the present one. */
  async ensurePlugin({ Name, Provider = Name, Params }: PluginSeed): Promise<PluginObject> {
    return await this.plugins.merge({ Name, Params, ...(!this.plugins.find(Name) && { Provider }) })
  }

  /**
   * The effective params of an object. Its own win over its profiles' (the first profile wins), over profile global's,
   * and over the defaults of the definitions. Secure params stay sealed.
   */
  aggregate(object: JsonObject): Record<string, unknown> {
    const names = Array.isArray(object.Profiles) ? object.Profiles : []
    const layers = [GLOBAL_PROFILE, ...names.toReversed()].map((name) => this.profiles.find(String(name))?.Params)
    return Object.assign({ ...this.definitions.defaults() }, ...layers, object.Params)
  }

  /** One effective param, as in `aggregate`; undefined where nothing sets it. */
  param(object: JsonObject, name: string): unknown {
    if (isJsonObject(object.Params) && Object.hasOwn(object.Params, name)) return object.Params[name]
    const names = Array.isArray(object.Profiles) ? object.Profiles : []
    for (const profile of [...names, GLOBAL_PROFILE]) {
      const params = this.profiles.find(String(profile))?.Params
      if (params && Object.hasOwn(params, name)) return params[name]
    }
    const defaults = this.definitions.defaults()
    return Object.hasOwn(defaults, name) ? defaults[name] : undefined
  }

  /** The params with secure values decrypted. Throws PARAM_INVALID. */
  opened(params: JsonObject): Record<string, unknown> {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, this.definitions.open(name, value)]))
  }

  /** Seals values that were set before a definition made their param secure. Returns a notice for each failure. */
  async sealKnown(): Promise<string[]> {
    const notices: string[] = []
    for (const collection of this.#all) {
      for (const object of collection.list()) {
        if (!Object.entries(object.Params).some(([name, value]) => this.definitions.isBare(name, value))) continue
        await collection
          .update(collection.keyOf(object), (present) => present)
          .catch((error: unknown) => {
            notices.push(`${collection.kind} ${object.Name} holds a secret that is not sealed: ${String(error)}`)
          })
      }
    }
    return notices
  }

  #checkUnused({ Name }: Profile): void {
    if (Name === GLOBAL_PROFILE) throw new PowerbusError('OBJECT_CONFLICT', 'profile global cannot be removed')
    const user = this.machines.list().find((machine) => machine.Profiles.includes(Name))
    if (user) throw new PowerbusError('OBJECT_CONFLICT', `profile ${Name} is in use by machine ${user.Name}`)
  }
}

/** Gives a new machine a UUID where it has none. Throws REQUEST_INVALID. */
function withUuid(machine: JsonObject): JsonObject {
  const uuid = machine.Uuid || randomUUID()
  if (typeof uuid !== 'string' || !UUID.test(uuid)) {
    throw new PowerbusError('REQUEST_INVALID', 'Machine.Uuid must be a UUID, or left out')
  }
  return { Runnable: true, Available: true, ...machine, Uuid: uuid.toLowerCase() }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

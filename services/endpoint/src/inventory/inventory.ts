import { randomUUID } from 'node:crypto'
import { decodeMachine, decodePluginObject, type JsonObject, type Machine, type PluginObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Json, Store } from '@powerbus/store'
import { type ChangeListener, ENDPOINT_PRINCIPAL, type Kind } from './change.ts'
import type { ChangeNotes } from './change-notes.ts'
import { Collection, stored } from './collection.ts'
import type { ParamDefinitions } from './param-definitions.ts'
import { decodeProfile, GLOBAL_PROFILE, type Profile } from './profile.ts'
import { SharedLog } from './shared-log.ts'
import { type Sharing, unshared } from './sharing.ts'

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

  readonly #sharing: Sharing

  private constructor(
    definitions: ParamDefinitions,
    collections: Pick<Inventory, 'machines' | 'profiles' | 'plugins'> & { readonly sharing: Sharing },
  ) {
    this.definitions = definitions
    this.machines = collections.machines
    this.profiles = collections.profiles
    this.plugins = collections.plugins
    this.#sharing = collections.sharing
  }

  static async load(options: InventoryOptions): Promise<Inventory> {
    const { store, definitions, isShared, notes, onChange, onForeign } = options
    let loaded: Inventory | undefined
    const sharing: Sharing = isShared
      ? new SharedLog({
          store,
          apply: (key, value) => {
            if (loaded !== undefined) loaded.#applyForeign(key, value, onForeign)
          },
          reload: async () => {
            if (loaded !== undefined) await loaded.#reload(onForeign)
          },
        })
      : unshared(store, notes)
    const shared = { store, sharing, onChange }
    const checked = <T extends { readonly Params: JsonObject }>(object: T, present: T | undefined): T => {
      return { ...object, Params: definitions.acceptAll(object.Params, present?.Params ?? {}) }
    }
    const profiles: Collection<Profile> = await Collection.load({
      kind: 'profiles',
      keyField: 'Name',
      ...shared,
      decode: decodeProfile,
      accept: checked,
    })
    const machines = await Collection.load({
      kind: 'machines',
      keyField: 'Uuid',
      ...shared,
      decode: decodeMachine,
      accept: (machine, present) => {
        for (const name of machine.Profiles) {
          if (profiles.find(name) === undefined) {
            throw new PowerbusError('REQUEST_INVALID', `Profiles: there is no profile ${name}: create it first`)
          }
        }
        return checked(machine, present)
      },
    })
    const plugins = await Collection.load({
      kind: 'plugins',
      keyField: 'Name',
      ...shared,
      decode: decodePluginObject,
      accept: checked,
    })
    loaded = new Inventory(definitions, { machines, profiles, plugins, sharing })
    await loaded.refresh()
    await profiles.ensure({ Name: GLOBAL_PROFILE, Description: 'Params of every object that does not set them itself' })
    return loaded
  }

  /** Takes over the changes of other endpoints. Throws STORE_UNAVAILABLE. */
  async refresh(): Promise<void> {
    await stored(this.#sharing.refresh())
  }

  /** Assigns a `Uuid` where the value has none. Throws OBJECT_CONFLICT and REQUEST_INVALID. */
  async createMachine(value: JsonObject, principal = ENDPOINT_PRINCIPAL): Promise<Machine> {
    const uuid = value.Uuid
    if (uuid !== undefined && uuid !== '' && !(typeof uuid === 'string' && UUID.test(uuid))) {
      throw new PowerbusError('REQUEST_INVALID', 'Machine.Uuid must be a UUID, or left out')
    }
    const Uuid = typeof uuid === 'string' && uuid !== '' ? uuid.toLowerCase() : randomUUID()
    return await this.machines.create({ Runnable: true, Available: true, ...value, Uuid }, principal)
  }

  /** Makes machines whose name is new, and sets the given fields and params of the others. Removes nothing. */
  async ensureMachines(seeds: readonly MachineSeed[]): Promise<Machine[]> {
    return await Promise.all(seeds.map((seed) => this.#ensureMachine(seed)))
  }

  async #ensureMachine(seed: MachineSeed): Promise<Machine> {
    const present = this.machines.find(`Name:${seed.Name}`)
    if (present === undefined) {
      return await this.createMachine({ ...seed }).catch(async (error: unknown) => {
        const isThere = error instanceof PowerbusError && error.code === 'OBJECT_CONFLICT'
        // Another endpoint has made the machine meanwhile.
        if (isThere && this.machines.find(`Name:${seed.Name}`)) return await this.#ensureMachine(seed)
        throw error
      })
    }
    return await this.machines.update(present.Uuid, (machine) => ({
      ...machine,
      ...seed,
      Params: { ...machine.Params, ...seed.Params },
      Meta: { ...machine.Meta, ...seed.Meta },
    }))
  }

  /** Makes a bundle's profile, or sets the given fields and params of the present one. Its other params stay. */
  async ensureProfile(value: JsonObject): Promise<Profile> {
    const { Name, Params } = decodeProfile(value)
    await this.profiles.ensure(value)
    return await this.profiles.update(Name, (present) => ({
      ...present,
      ...value,
      Params: { ...present.Params, ...Params },
    }))
  }

  /** Makes a plugin object, or sets the given params of the present one. */
  async ensurePlugin({ Name, Provider = Name, Params }: PluginSeed): Promise<PluginObject> {
    await this.plugins.ensure({ Name, Provider })
    return await this.plugins.update(Name, (present) => ({ ...present, Params: { ...present.Params, ...Params } }))
  }

  async removeProfile(key: string, principal: string): Promise<Profile> {
    return await this.profiles.remove(key, principal, ({ Name }) => {
      if (Name === GLOBAL_PROFILE) throw new PowerbusError('OBJECT_CONFLICT', 'profile global cannot be removed')
      const user = this.machines.list().find((machine) => machine.Profiles.includes(Name))
      if (user) throw new PowerbusError('OBJECT_CONFLICT', `profile ${Name} is in use by machine ${user.Name}`)
    })
  }

  /**
   * The effective params of an object. Its own win over its profiles' (the first profile wins), over profile global's,
   * and over the defaults of the definitions. Secure params stay sealed.
   */
  aggregate(object: JsonObject): Record<string, unknown> {
    const names = Array.isArray(object.Profiles) ? object.Profiles : []
    const layers = [GLOBAL_PROFILE, ...names.toReversed()].map((name) => this.profiles.find(String(name))?.Params)
    return Object.assign(this.definitions.defaults(), ...layers, object.Params)
  }

  /** The params with secure values decrypted. Throws PARAM_INVALID. */
  opened(params: JsonObject): Record<string, unknown> {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, this.definitions.open(name, value)]))
  }

  /** Seals values that were set before a definition made their param secure. Returns a notice for each failure. */
  async sealKnown(): Promise<string[]> {
    const notices = [await this.#seal(this.machines), await this.#seal(this.profiles), await this.#seal(this.plugins)]
    return notices.flat()
  }

  #applyForeign(storeKey: string, value: Json | undefined, onForeign: InventoryOptions['onForeign']): void {
    for (const collection of [this.machines, this.profiles, this.plugins]) {
      const key = collection.keyIn(storeKey)
      if (key !== undefined && collection.apply(key, value)) onForeign(collection.kind, key)
    }
  }

  async #reload(onForeign: InventoryOptions['onForeign']): Promise<void> {
    for (const collection of [this.profiles, this.machines, this.plugins]) {
      for (const key of await collection.reload()) onForeign(collection.kind, key)
    }
  }

  async #seal<T extends Machine | Profile | PluginObject>(collection: Collection<T>): Promise<string[]> {
    const notices: string[] = []
    for (const object of collection.list()) {
      if (!Object.entries(object.Params).some(([name, value]) => this.definitions.isBare(name, value))) continue
      try {
        await collection.update(collection.keyOf(object), (present) => present)
      } catch (error) {
        notices.push(`${collection.kind} ${object.Name} holds a secret that is not sealed: ${String(error)}`)
      }
    }
    return notices
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

import { type JsonObject, type Machine, type Model, models, type PluginObject, type Profile } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { type ChangeListener, ENDPOINT_PRINCIPAL, type Kind } from './change.ts'
import type { ChangeNotes } from './change-notes.ts'
import { Collection } from './collection.ts'
import { Consistency } from './consistency.ts'
import { EffectiveParams } from './effective-params.ts'
import { type ChangedKeys, type Layer, Layers, type NewLayer } from './layers.ts'
import type { ListIndex } from './list-index.ts'
import { type ObjectCheck, objectRules } from './object-rules.ts'
import type { Definition, ParamDefinitions } from './param-definitions.ts'
import { GLOBAL_PROFILE } from './profile.ts'
import { sealKnown } from './seal-known.ts'
import { SharedLog } from './shared-log.ts'
import { type Follower, type Sharing, unshared } from './sharing.ts'
import { stored } from './stored.ts'
import { nameOf, paramsOf, type StoredObject } from './stored-object.ts'

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

/** Kinds that the endpoint stores, in the order in which they name each other. */
const STORED = [
  'params',
  'templates',
  'tasks',
  'bootenvs',
  'contexts',
  'stages',
  'workflows',
  'profiles',
  'machines',
  'plugins',
  'roles',
  'users',
  'alerts',
  'preferences',
] as const

/** All objects that the endpoint holds, by kind, and the effective params of machines and others. */
export class Inventory {
  readonly definitions: ParamDefinitions
  /** The bundles beneath what clients write. */
  readonly layers: Layers
  readonly #kinds = new Map<Kind, Collection<StoredObject>>()
  readonly #consistency: Consistency
  readonly #effective: EffectiveParams
  readonly #sharing: Sharing
  readonly #followers: Follower[] = []
  readonly #options: InventoryOptions

  private constructor(options: InventoryOptions) {
    const { store, definitions, isShared, notes } = options
    this.#options = options
    this.definitions = definitions
    const find = (kind: Kind) => (key: string) => this.#kinds.get(kind)?.find(key)
    const givers = () => (['profiles', 'stages'] as const).map((kind) => this.collection(kind).index)
    this.#effective = new EffectiveParams({ profile: find('profiles'), stage: find('stages'), definitions, givers })
    this.#consistency = new Consistency(this.#kinds, definitions)
    this.layers = new Layers({
      isWritten: (prefix, key) => prefix !== 'profiles' && this.#kinds.get(prefix)?.isStored(key) === true,
      onChange: (changed) => this.#layersChanged(changed),
    })
    this.#sharing = isShared ? new SharedLog({ store, ...this.#follower() }) : unshared(store, notes)
    for (const prefix of STORED) this.#addKind(models[prefix])
  }

  static async load(options: InventoryOptions): Promise<Inventory> {
    const inventory = new Inventory(options)
    await inventory.#reload(() => undefined)
    await inventory.refresh()
    const Description = 'Params of every object that does not set them itself'
    if (!inventory.profiles.find(GLOBAL_PROFILE)) await inventory.profiles.merge({ Name: GLOBAL_PROFILE, Description })
    return inventory
  }

  get machines(): Collection<Machine> {
    return this.collection('machines') as unknown as Collection<Machine>
  }

  get profiles(): Collection<Profile> {
    return this.collection('profiles') as unknown as Collection<Profile>
  }

  get plugins(): Collection<PluginObject> {
    return this.collection('plugins') as unknown as Collection<PluginObject>
  }

  /** Throws OBJECT_UNKNOWN where the endpoint holds no such kind. */
  collection(kind: Kind): Collection<StoredObject> {
    const found = this.#kinds.get(kind)
    if (found === undefined) throw new PowerbusError('OBJECT_UNKNOWN', `there are no objects ${kind}`)
    return found
  }

  hasKind(kind: Kind): boolean {
    return this.#kinds.has(kind)
  }

  kinds(): Kind[] {
    return [...this.#kinds.keys()]
  }

  /** Holds a plugin's own kind, with what the store has. `check` throws for an object that may not be stored. */
  async addKind(model: Model<StoredObject>, check?: ObjectCheck): Promise<Collection<StoredObject>> {
    const collection = this.#kinds.get(model.prefix) ?? this.#addKind(model, check)
    await stored(collection.reload())
    return collection
  }

  /** Holds that kind no longer; its objects stay in the store. */
  removeKind = (prefix: Kind): boolean => this.#kinds.delete(prefix)

  #addKind(model: Model<StoredObject>, check?: ObjectCheck): Collection<StoredObject> {
    const { prefix } = model
    const parts = { kinds: this.#kinds, definitions: this.definitions, consistency: this.#consistency }
    const collection = new Collection<StoredObject>({
      ...objectRules(model, parts, check),
      model,
      store: this.#options.store,
      sharing: this.#sharing,
      onChange: this.#options.onChange,
      inLayer: (key) => this.layers.objectsOf(prefix).get(key),
      errorsOf: (object) => this.#consistency.errorsOf(prefix, object),
      onReplaced: (key, previous, next) => {
        if (prefix === 'profiles') this.#effective.profilesChanged()
        if (prefix === 'params') this.definitions.set(key, next as unknown as Definition | undefined)
        this.#consistency.changed(prefix, key, previous === undefined || next === undefined)
      },
      ...(prefix === 'params' && {
        amended: (param) => (this.definitions.isSecureElsewhere(nameOf(param)) ? { ...param, Secure: true } : param),
        settled: async () => void (await this.sealKnown()),
      }),
    })
    this.#kinds.set(prefix, collection)
    return collection
  }

  /**
   * Adds a bundle, or replaces the one of that name, and seals its secrets and those that its definitions name. Returns
   * what the operator should know. Throws an Error in Digital Rebar's words where another bundle, or an object that a
   * client has made, has one of its keys; `replacesWritten` removes the latter.
   */
  async putLayer(layer: NewLayer, { replacesWritten = false } = {}): Promise<string[]> {
    const { objects, warnings } = await this.#put(layer, replacesWritten)
    if (replacesWritten) {
      for (const [prefix, members] of objects) {
        const collection = this.collection(prefix)
        for (const key of members.keys()) {
          if (collection.isStored(key)) await collection.remove(key, ENDPOINT_PRINCIPAL)
        }
      }
    }
    const members = [...objects.values()].flatMap((kind) => [...kind.values()])
    const hasValues = members.some((member) => Object.keys(paramsOf(member)).length > 0)
    return [...warnings, ...(objects.has('params') || hasValues ? await this.sealKnown() : [])]
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

  /** The effective params of an object, as `EffectiveParams` says. Secure params stay sealed. */
  aggregate(object: JsonObject): Record<string, unknown> {
    return this.#effective.all(object)
  }

  /** The effective params of these objects as they are now, whatever changes later. */
  effectiveNow(objects: readonly JsonObject[]): EffectiveParams {
    return this.#effective.now(objects)
  }

  /** One effective param, as in `aggregate`; undefined where nothing sets it. */
  param(object: JsonObject, name: string): unknown {
    return this.#effective.one(object, name)
  }

  /** As `EffectiveParams.mayInherit`. */
  mayInherit(index: ListIndex, wanted?: readonly string[]): Promise<boolean> {
    return this.#effective.mayInherit(index, wanted)
  }

  /** The params with secure values decrypted. Throws PARAM_INVALID. */
  opened(params: JsonObject): Record<string, unknown> {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, this.definitions.open(name, value)]))
  }

  /** Seals values that were set before a definition made their param secure. Returns a notice for each failure. */
  async sealKnown(): Promise<string[]> {
    return await sealKnown(this.#kinds, this.layers, this.definitions)
  }

  /** Params that a refused bundle calls secure are secure too. */
  async #put(layer: NewLayer, hidesWritten: boolean): Promise<Layer> {
    try {
      return this.layers.put(layer, { hidesWritten })
    } catch (error) {
      this.definitions.keepSecure(Object.values(layer.bundle.sections.params))
      for (const name of Object.keys(layer.bundle.sections.params)) this.collection('params').recheck(name)
      await this.sealKnown()
      throw error
    }
  }

  #follower(): Follower {
    return {
      apply: (storeKey, value) => {
        for (const [kind, collection] of this.#kinds) {
          const key = collection.apply(storeKey, value)
          if (key !== undefined) this.#options.onForeign(kind, key)
        }
        for (const follower of this.#followers) follower.apply(storeKey, value)
      },
      reload: async () => {
        await this.#reload(this.#options.onForeign)
        for (const follower of this.#followers) await follower.reload()
      },
    }
  }

  async #reload(onChanged: (kind: Kind, key: string) => void): Promise<void> {
    for (const [kind, collection] of this.#kinds) {
      const found = await collection.read()
      for (const key of this.#consistency.together(() => collection.takeOver(found))) onChanged(kind, key)
    }
  }

  #layersChanged(changed: ChangedKeys): void {
    this.#consistency.together(() => {
      for (const [prefix, keys] of changed) for (const key of keys) this.collection(prefix).layerChanged(key)
    })
  }
}

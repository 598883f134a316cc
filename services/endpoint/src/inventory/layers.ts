import { type ContentBundle, isJsonObject, type JsonObject, type Model, models } from '@powerbus/drp'
import { compareText } from './compare-text.ts'
import type { StoredObject } from './stored-object.ts'

/** `basic` is built in, `content` was uploaded, `plugin-provider` comes from a provider's manifest. */
export type LayerType = 'basic' | 'content' | 'plugin-provider'

export interface NewLayer {
  /** Its bundle's name, which objects show as Bundle. */
  readonly name: string
  readonly type: LayerType
  readonly bundle: ContentBundle
}

export interface Layer extends NewLayer {
  /** Objects with all fields of their models, by prefix and key. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, StoredObject>>
  /** What of the bundle is not used, and why. */
  readonly warnings: readonly string[]
}

/** Keys of objects, by prefix. */
export type ChangedKeys = ReadonlyMap<string, ReadonlySet<string>>

export interface LayersOptions {
  /** Whether a client has made an object of that key, which a bundle must not hide. */
  readonly isWritten: (prefix: string, key: string) => boolean
  /** Called after each change of the layers. */
  readonly onChange: (changed: ChangedKeys) => void
}

/** Sections whose members are objects of the API. Others stay in the bundle, and are not checked. */
export const layerSections = [
  'params',
  'profiles',
  'stages',
  'tasks',
  'templates',
  'workflows',
  'bootenvs',
  'contexts',
] as const

/** Of the built-in bundle alone: no other may give rights. */
const BASIC_SECTIONS = [...layerSections, 'roles', 'users'] as const

/** Order in which a key is looked for; what clients write comes before all. */
const ORDER: readonly LayerType[] = ['content', 'plugin-provider', 'basic']

/** The content bundles beneath the objects that clients write. No two have the same key, even where it is equal. */
export class Layers {
  readonly #options: LayersOptions
  readonly #layers = new Map<string, Layer>()
  /** By prefix and key. */
  readonly #objects = new Map<string, Map<string, StoredObject>>()

  constructor(options: LayersOptions) {
    this.#options = options
  }

  /** In the order of the stack, by type and name. */
  list(): Layer[] {
    const place = ({ type }: Layer) => ORDER.indexOf(type)
    return [...this.#layers.values()].sort((a, b) => place(a) - place(b) || compareText(a.name, b.name))
  }

  find(name: string): Layer | undefined {
    return this.#layers.get(name)
  }

  objectsOf(prefix: string): ReadonlyMap<string, StoredObject> {
    return this.#objects.get(prefix) ?? new Map<string, StoredObject>()
  }

  /**
   * Adds the layer, or replaces the one of that name. Members that are no objects of their kind are left out with a
   * warning. Throws an Error in Digital Rebar's words, and changes nothing, where another layer or a client's object
   * has one of its keys; `hidesWritten` allows the latter.
   */
  put(layer: NewLayer, { hidesWritten = false } = {}): Layer {
    const read = readLayer(layer)
    for (const [prefix, members] of read.objects) {
      for (const key of members.keys()) this.#checkFree(layer.name, prefix, key, hidesWritten)
    }
    const before = this.#layers.get(layer.name)
    this.#layers.set(layer.name, read)
    this.#changed(before, read)
    return read
  }

  /** False where there is no such layer. */
  remove(name: string): boolean {
    const before = this.#layers.get(name)
    this.#layers.delete(name)
    this.#changed(before, undefined)
    return before !== undefined
  }

  /** Sets the params of a bundle's object anew, such as sealed. */
  setParams(prefix: string, key: string, Params: JsonObject): void {
    const objects = this.#objects.get(prefix)
    const object = objects?.get(key)
    if (object === undefined) return
    objects?.set(key, { ...object, Params })
    this.#options.onChange(new Map([[prefix, new Set([key])]]))
  }

  #checkFree(name: string, prefix: string, key: string, hidesWritten: boolean): void {
    const place = `keysCannotBeOverridden: ${key} is already in layer`
    const bundle = this.#objects.get(prefix)?.get(key)?.Bundle
    if (bundle !== undefined && bundle !== name) {
      const number = this.list().findIndex((layer) => layer.name === bundle) + 1
      throw violation(`${place} ${number}`, `${prefix} ${key} comes from ${String(bundle)}, so ${name} is not used`)
    }
    if (hidesWritten || bundle === name || !this.#options.isWritten(prefix, key)) return
    throw violation(
      `${place} 0`,
      `a client made ${prefix} ${key}, so ${name} is not used: remove that, or let it be replaced`,
    )
  }

  #changed(before: Layer | undefined, after: Layer | undefined): void {
    const changed = new Map<string, Set<string>>()
    for (const layer of [before, after]) {
      for (const [prefix, members] of layer?.objects ?? []) {
        const keys = changed.get(prefix) ?? new Set<string>()
        changed.set(prefix, keys)
        const all = this.#objects.get(prefix) ?? new Map<string, StoredObject>()
        this.#objects.set(prefix, all)
        for (const [key, object] of members) {
          keys.add(key)
          if (layer === after) all.set(key, object)
          else all.delete(key)
        }
      }
    }
    if (changed.size > 0) this.#options.onChange(changed)
  }
}

function violation(keys: string, what: string): Error {
  return new Error(`New layer violates key restrictions: ${keys} (${what})`)
}

function readLayer(layer: NewLayer): Layer {
  const objects = new Map<string, Map<string, StoredObject>>()
  const warnings: string[] = []
  for (const prefix of layer.type === 'basic' ? BASIC_SECTIONS : layerSections) {
    const members = new Map<string, StoredObject>()
    for (const [key, value] of Object.entries(layer.bundle.sections[prefix] ?? {})) {
      try {
        members.set(key, readMember(models[prefix], key, value, layer.name))
      } catch (error) {
        warnings.push(`${prefix}/${key} is not used: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    if (members.size > 0) objects.set(prefix, members)
  }
  return { ...layer, objects, warnings }
}

/** Throws DecodeError, and an Error for a member with another key than its place in the section. */
function readMember(model: Model, key: string, value: unknown, Bundle: string): StoredObject {
  const fields: JsonObject = isJsonObject(value) ? { [model.key]: key, ...value } : {}
  const object = model.decode(fields, `${model.prefix}/${key}`)
  if (object[model.key] !== key) throw new Error(`its ${model.key} is ${String(object[model.key])}`)
  return { ...object, ReadOnly: true, Bundle }
}

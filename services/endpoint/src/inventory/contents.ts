import { type ContentBundle, type ContentMeta, decodeContentBundle, isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError, SHARED_BUNDLE, sharedBundle } from '@powerbus/plugin-sdk'
import type { Json, Store } from '@powerbus/store'
import type { Logger } from 'pino'
import { BASIC_LAYER } from './basic-layer.ts'
import type { Collection } from './collection.ts'
import type { Inventory } from './inventory.ts'
import { type Layer, type LayerType, layerSections } from './layers.ts'
import type { Follower, Sharing } from './sharing.ts'
import { stored } from './stored.ts'
import type { StoredObject } from './stored-object.ts'

/** Name of what clients have written, as Digital Rebar calls it. */
const WRITABLE_LAYER = 'BackingStore'

/** Metadata as it is answered: with every field that Digital Rebar's has. */
export type ShownMeta = ContentMeta & { readonly Writable: string | boolean; readonly Overwritable: string | boolean }

/** A bundle in a list. */
export interface ContentSummary {
  readonly meta: ShownMeta
  /** Number of objects by section. */
  readonly Counts: Readonly<Record<string, number>>
  /** What of it cannot be used, and why. */
  readonly Warnings: readonly string[]
}

export interface ContentsOptions {
  readonly inventory: Inventory
  readonly store: Store
  readonly version: string
  readonly log: Logger
}

/** The content bundles that operators uploaded, in the store and as layers beneath what clients write. */
export class Contents implements Follower {
  readonly #options: ContentsOptions
  readonly #sharing: Sharing
  /** Names of those in the store. */
  readonly #uploaded = new Set<string>()
  /** Why a stored bundle is not used, by its name. */
  readonly #refused = new Map<string, { readonly bundle: ContentBundle; readonly reason: string }>()

  private constructor(options: ContentsOptions, sharing: Sharing) {
    this.#options = options
    this.#sharing = sharing
  }

  /** Adds the bundles of the store to the inventory. The built-in ones must be there already. */
  static async load(options: ContentsOptions): Promise<Contents> {
    const contents = await options.inventory.alongside((sharing) => new Contents(options, sharing))
    for (const notice of await options.inventory.sealKnown()) options.log.warn(notice)
    return contents
  }

  apply(key: string, value: Json | undefined): void {
    const prefix = this.#key('')
    if (key.startsWith(prefix)) this.#takeOver(key.slice(prefix.length), value)
  }

  async reload(): Promise<void> {
    const found = new Map<string, Json>()
    for await (const { key, value } of this.#options.store.scan(this.#key(''))) {
      found.set(key.slice(this.#key('').length), value)
    }
    for (const name of [...this.#uploaded]) if (!found.has(name)) this.#takeOver(name, undefined)
    for (const [name, value] of found) this.#takeOver(name, value)
  }

  /** All bundles: what clients have written first, then in the order in which a key is looked for. */
  list(): ContentSummary[] {
    const refused = [...this.#refused.values()].map(({ bundle, reason }) => ({
      meta: shownMeta(bundle.meta, 'content'),
      Counts: {},
      Warnings: [reason],
    }))
    return [this.#written(), ...this.#options.inventory.layers.list().map((layer) => this.#summary(layer)), ...refused]
  }

  /** Throws OBJECT_UNKNOWN. */
  summary(name: string): ContentSummary {
    const found = this.list().find(({ meta }) => meta.Name === name)
    if (found !== undefined) return found
    throw new PowerbusError('OBJECT_UNKNOWN', `contents ${name} does not exist`)
  }

  /** A whole bundle; secrets in it are sealed. Throws OBJECT_UNKNOWN. */
  content(name: string): { readonly meta: ShownMeta; readonly sections: ContentBundle['sections'] } {
    const { inventory } = this.#options
    const { meta } = this.summary(name)
    const layer = inventory.layers.find(name)
    const sections: Record<string, Record<string, unknown>> = { params: {} }
    for (const prefix of layerSections) {
      const keys = layer ? [...(layer.objects.get(prefix)?.keys() ?? [])] : storedKeys(inventory.collection(prefix))
      if (keys.length === 0) continue
      sections[prefix] = Object.fromEntries(keys.map((key) => [key, inventory.collection(prefix).find(key)]))
    }
    // The built-in user has a password.
    const { users: _, ...others }: Readonly<Record<string, JsonObject>> = layer?.bundle.sections ?? {}
    return { meta, sections: { ...others, ...sections } as ContentBundle['sections'] }
  }

  /**
   * Adds a bundle, or replaces the one of that name where `isNew` is false. Throws OBJECT_CONFLICT, OBJECT_UNKNOWN,
   * OBJECT_INVALID in Digital Rebar's words where another bundle has one of its keys, and STORE_UNAVAILABLE; nothing has
   * changed then. `replacesWritten`: objects of these keys that clients have made are removed.
   */
  async put(bundle: ContentBundle, isNew: boolean, replacesWritten: boolean): Promise<ContentSummary> {
    const { inventory } = this.#options
    const name = bundle.meta.Name
    this.#checkName(name)
    const before = inventory.layers.find(name)
    const isThere = before !== undefined || this.#refused.has(name)
    if (isNew && isThere) throw new PowerbusError('OBJECT_CONFLICT', `contents ${name} exists already: replace it`)
    if (!isNew && !isThere) throw new PowerbusError('OBJECT_UNKNOWN', `contents ${name} does not exist`)
    await inventory.putLayer({ name, type: 'content', bundle }, { replacesWritten }).catch((cause: unknown) => {
      if (cause instanceof PowerbusError || !(cause instanceof Error)) throw cause
      throw new PowerbusError('OBJECT_INVALID', cause.message, { cause })
    })
    try {
      await stored(this.#sharing.alone((writer) => writer.set(this.#key(name), this.#sealed(bundle))))
    } catch (error) {
      if (before === undefined) inventory.layers.remove(name)
      else inventory.layers.put(before, { hidesWritten: true })
      throw error
    }
    this.#uploaded.add(name)
    this.#refused.delete(name)
    return this.summary(name)
  }

  /** Removes an uploaded bundle with its objects. Throws OBJECT_UNKNOWN, OBJECT_CONFLICT and STORE_UNAVAILABLE. */
  async remove(name: string): Promise<ContentSummary> {
    const before = this.summary(name)
    this.#checkName(name)
    if (!this.#uploaded.has(name)) {
      throw new PowerbusError('OBJECT_CONFLICT', `contents ${name} is built in: it can be replaced, and not removed`)
    }
    await stored(this.#sharing.alone((writer) => writer.delete(this.#key(name))))
    this.#takeOver(name, undefined)
    return before
  }

  /** The bundle as it is stored: the secrets in its params are sealed. */
  #sealed({ meta, sections }: ContentBundle): Json {
    const { layers } = this.#options.inventory
    const stored = Object.entries(sections).map(([prefix, members]) => {
      const objects = layers.objectsOf(prefix)
      const entries = Object.entries(members).map(([key, value]) => {
        const Params = objects.get(key)?.Params
        return [key, isJsonObject(value) && isJsonObject(value.Params) ? { ...value, Params } : value]
      })
      return [prefix, Object.fromEntries(entries)]
    })
    return { meta, sections: Object.fromEntries(stored) } as Json
  }

  #checkName(name: string): void {
    const type = this.#options.inventory.layers.find(name)?.type
    if (type === 'plugin-provider') {
      throw new PowerbusError('OBJECT_CONFLICT', `contents ${name} comes with plugin provider ${name}: change that`)
    }
    if (name === BASIC_LAYER || name === WRITABLE_LAYER) {
      throw new PowerbusError('OBJECT_CONFLICT', `contents ${name} is built in: choose another name`)
    }
    if (!NAME.test(name)) {
      throw new PowerbusError('REQUEST_INVALID', `meta.Name '${name.slice(0, 40)}' must have ${NAME_RULE}`)
    }
  }

  /** Follows the store; undefined for a bundle that is gone. */
  #takeOver(name: string, value: Json | undefined): void {
    const { inventory, log } = this.#options
    this.#refused.delete(name)
    if (value === undefined) {
      this.#uploaded.delete(name)
      if (name === SHARED_BUNDLE) inventory.layers.put({ name, type: 'content', bundle: sharedBundle() })
      else inventory.layers.remove(name)
      return
    }
    this.#uploaded.add(name)
    const bundle = decodeContentBundle(value)
    try {
      inventory.layers.put({ name, type: 'content', bundle }, { hidesWritten: true })
    } catch (error) {
      this.#refused.set(name, { bundle, reason: error instanceof Error ? error.message : String(error) })
      log.error({ content: name, err: error }, 'an uploaded content bundle cannot be used')
    }
  }

  #summary({ name, type, bundle, objects, warnings }: Layer): ContentSummary {
    const { inventory } = this.#options
    const Warnings = [...warnings]
    const counts: Record<string, number> = {}
    for (const [section, members] of Object.entries(bundle.sections)) counts[section] = Object.keys(members).length
    for (const [prefix, members] of objects) {
      counts[prefix] = members.size
      for (const key of members.keys()) {
        const errors = inventory.collection(prefix).find(key)?.Errors
        if (Array.isArray(errors)) Warnings.push(...errors.map((error) => `${prefix}/${key}: ${String(error)}`))
      }
    }
    return { meta: shownMeta({ ...bundle.meta, Name: name }, type), Counts: withoutZeros(counts), Warnings }
  }

  #written(): ContentSummary {
    const { inventory, version } = this.#options
    const counts = inventory
      .kinds()
      .map((kind): [string, number] => [kind, storedKeys(inventory.collection(kind)).length])
    const meta = { Name: WRITABLE_LAYER, Version: version, Description: 'What clients have written' }
    return { meta: shownMeta(meta, 'writable'), Counts: withoutZeros(Object.fromEntries(counts)), Warnings: [] }
  }

  #key(name: string): string {
    return `${this.#sharing.prefix}contents/${name}`
  }
}

/** Keys of the objects in the store, which bundles' may hide. */
function storedKeys(collection: Collection<StoredObject>): string[] {
  return collection.list().flatMap((object) => {
    const key = collection.keyOf(object)
    return collection.isStored(key) ? [key] : []
  })
}

const NAME = /^[\p{L}\p{N}][-\p{L}\p{N}._ +]{0,199}$/u
const NAME_RULE = '1 to 200 letters, digits, blanks and . - _ +, beginning with a letter or digit'

/** Types as Digital Rebar names them. */
const TYPES: Readonly<Record<LayerType | 'writable', string>> = {
  writable: 'writable',
  content: 'dynamic',
  'plugin-provider': 'plugin',
  basic: 'basic',
}

const FIELDS =
  'Name Version Description Source Documentation RequiredFeatures Prerequisites Color Icon Author DisplayName License Copyright CodeSource Order Tags DocUrl'

function shownMeta(meta: ContentMeta, type: LayerType | 'writable'): ShownMeta {
  const empty = Object.fromEntries(FIELDS.split(' ').map((name) => [name, '']))
  const flags = { Writable: type === 'writable', Overwritable: type === 'writable' }
  return { ...empty, ...meta, Type: TYPES[type], ...flags } as unknown as ShownMeta
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

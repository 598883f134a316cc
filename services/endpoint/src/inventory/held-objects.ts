import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, Model } from '@powerbus/drp'
import { ObjectIndex } from './object-index.ts'
import { nameOf, type StoredObject, textField } from './stored-object.ts'

export interface HeldOptions<T extends StoredObject> {
  readonly model: Model<T>
  /** The object of a bundle; undefined where no bundle has that key. */
  readonly inLayer?: (key: string) => T | undefined
  /** What is known of the object besides itself. */
  readonly amended?: (object: T) => T
  /** Why the object cannot be used. */
  readonly errorsOf?: (object: T) => readonly string[]
  /** Called for each object that came, went or changed. */
  readonly onReplaced?: (key: string, previous: T | undefined, next: T | undefined) => void
}

/**
 * All objects of one kind as they are answered: with every field of the model, those that the endpoint sets, and what
 * bundles have. Nothing is left to be made for an answer.
 */
export class HeldObjects<T extends StoredObject> {
  /** For lists. */
  readonly index: ObjectIndex<T>
  readonly #options: HeldOptions<T>
  readonly #objects = new Map<string, T>()
  readonly #keysByName = new Map<string, string>()
  /** Keys that a bundle has. */
  readonly #layered = new Set<string>()
  /** Stored objects of these keys. */
  readonly #beneath = new Map<string, T>()

  constructor(options: HeldOptions<T>) {
    this.#options = options
    this.index = new ObjectIndex((object) => this.keyOf(object))
  }

  get size(): number {
    return this.#objects.size
  }

  keyOf(object: JsonObject): string {
    return textField(object, this.#options.model.key)
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  /** `key` is the object's key, or `INDEX:VALUE` with an index that names one object: `Key`, the key's field, `Name`. */
  find(key: string): T | undefined {
    const direct = this.#objects.get(key)
    if (direct !== undefined) return direct
    const [, field = '', text] = /^([A-Za-z]+):(.+)$/s.exec(key) ?? []
    const { indexes, key: keyField } = this.#options.model
    if (text === undefined || !indexes[field]?.Unique) return undefined
    const found = field === 'Key' || field === keyField ? text : this.#keysByName.get(text)
    return found === undefined ? undefined : this.#objects.get(found)
  }

  /** The key of the object with that name. */
  keyOfName(name: string): string | undefined {
    return this.#keysByName.get(name)
  }

  keys(): string[] {
    return [...this.#objects.keys()]
  }

  /** The object in the store, which a bundle's may hide. */
  stored(key: string): T | undefined {
    return this.#layered.has(key) ? this.#beneath.get(key) : this.#objects.get(key)
  }

  /** Takes over what is in the store now. True where it differs from what was known. */
  setStored(key: string, object: T | undefined): boolean {
    const present = this.stored(key)
    if (object === present) return false
    if (object && present && isDeepStrictEqual({ ...object, ...this.#computedOf(present) }, present)) return false
    this.#show(key, object)
    return true
  }

  /** Takes over that a bundle's object of that key came, went or changed. */
  layerChanged(key: string): void {
    this.#show(key, this.stored(key))
  }

  /** Sets the fields anew that depend on other objects. */
  recheck(key: string): void {
    const present = this.#objects.get(key)
    if (present === undefined) return
    const next = this.completed(present, this.#layered.has(key) ? textField(present, 'Bundle') : '')
    if (next !== present) this.#replace(key, next)
  }

  /** The object with the fields that the endpoint sets; `from` is the bundle that it comes from. */
  completed(given: T, from: string): T {
    const { model, amended, errorsOf } = this.#options
    const object = amended?.(given) ?? given
    const Errors = errorsOf?.(object) ?? []
    const values: JsonObject = {
      Validated: true,
      Available: Errors.length === 0,
      Errors,
      ReadOnly: from !== '',
      Bundle: from,
      Endpoint: '',
      Partial: false,
    }
    const set = Object.fromEntries(model.computed.map((name) => [name, values[name]]))
    return model.computed.every((name) => isDeepStrictEqual(object[name], set[name])) ? object : { ...object, ...set }
  }

  #computedOf(object: T): JsonObject {
    return Object.fromEntries(this.#options.model.computed.map((name) => [name, object[name]]))
  }

  /** Of a profile that was stored before its bundle was a layer, the params that the bundle does not set go on. */
  #show(key: string, stored: T | undefined): void {
    const layered = this.#options.inLayer?.(key)
    if (layered === undefined) {
      this.#layered.delete(key)
      this.#beneath.delete(key)
      this.#replace(key, stored && this.completed(stored, ''))
      return
    }
    this.#layered.add(key)
    if (stored === undefined) this.#beneath.delete(key)
    else this.#beneath.set(key, stored)
    const isMixed = stored !== undefined && layered.Params !== undefined
    const object = isMixed ? { ...layered, Params: { ...stored.Params, ...layered.Params } } : layered
    this.#replace(key, this.completed(object, textField(layered, 'Bundle')))
  }

  #replace(key: string, next: T | undefined): void {
    const previous = this.#objects.get(key)
    if (previous === next) return
    this.index.replace(previous, next)
    // Another object may have taken over the name; its entry stays.
    if (previous && this.#keysByName.get(nameOf(previous)) === key) this.#keysByName.delete(nameOf(previous))
    if (next === undefined) this.#objects.delete(key)
    else {
      this.#objects.set(key, next)
      if (this.#options.model.indexes.Name?.Unique) this.#keysByName.set(nameOf(next), key)
    }
    this.#options.onReplaced?.(key, previous, next)
  }
}

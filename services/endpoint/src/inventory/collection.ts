import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Json, type Store, StoreError } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import { type Change, type ChangeAction, type ChangeListener, ENDPOINT_PRINCIPAL, type Kind } from './change.ts'
import type { Sharing, Writer } from './sharing.ts'

export interface CollectionOptions<T extends JsonObject> {
  readonly kind: Kind
  /** Field that is the key and never changes: `Uuid` or `Name`. */
  readonly keyField: string
  readonly store: Store
  readonly sharing: Sharing
  /** Throws a DecodeError that names the field. */
  readonly decode: (value: unknown) => T
  /** Checks an object and returns it as it is stored. Throws a PowerbusError. */
  readonly accept: (next: T, present: T | undefined) => T
  /** Called for every change in order, once it is durable. Must not throw. */
  readonly onChange: ChangeListener
}

/**
 * All objects of one kind. Reads are served from memory; a change is in the store before it is answered. Changes run
 * one at a time, so that what a change has read still holds when it writes.
 */
export class Collection<T extends JsonObject> {
  readonly kind: Kind
  readonly keyField: string
  readonly #options: CollectionOptions<T>
  readonly #objects = new Map<string, T>()
  readonly #keysByName = new Map<string, string>()
  readonly #slot = new Slots(1)

  private constructor(options: CollectionOptions<T>) {
    this.kind = options.kind
    this.keyField = options.keyField
    this.#options = options
  }

  static async load<T extends JsonObject>(options: CollectionOptions<T>): Promise<Collection<T>> {
    const collection = new Collection(options)
    await collection.reload()
    return collection
  }

  /** Reads all objects from the store again. Returns the keys of those that differ. */
  async reload(): Promise<string[]> {
    const { store, decode } = this.#options
    const found = new Map<string, T>()
    for await (const { value } of store.scan(this.#storeKey(''))) {
      const object = decode(value)
      found.set(this.keyOf(object), object)
    }
    const keys = new Set([...this.#objects.keys(), ...found.keys()])
    const changed = [...keys].filter((key) => !isDeepStrictEqual(this.#objects.get(key), found.get(key)))
    for (const key of changed) this.#replace(key, found.get(key))
    return changed
  }

  /** The object's key in a store key; undefined for objects of other kinds. */
  keyIn(storeKey: string): string | undefined {
    const base = this.#storeKey('')
    return storeKey.startsWith(base) ? storeKey.slice(base.length) : undefined
  }

  /** Takes over another endpoint's change; `value` is undefined for a removal. False where it is known already. */
  apply(key: string, value: Json | undefined): boolean {
    const object = value === undefined ? undefined : this.#options.decode(value)
    if (isDeepStrictEqual(object, this.#objects.get(key))) return false
    this.#replace(key, object)
    return true
  }

  /** All objects, sorted by name. */
  list(): T[] {
    return [...this.#objects.values()].sort((a, b) => compareText(textField(a, 'Name'), textField(b, 'Name')))
  }

  /** `key` is the object's key, `Name:NAME`, or `Uuid:UUID`. */
  find(key: string): T | undefined {
    const direct = this.#objects.get(key)
    if (direct !== undefined) return direct
    const [, field, text] = /^(Name|Uuid):(.+)$/s.exec(key) ?? []
    if (text === undefined) return undefined
    const found = field === 'Name' ? this.#keysByName.get(text) : text
    return found === undefined ? undefined : this.#objects.get(found)
  }

  /** Throws OBJECT_UNKNOWN. */
  get(key: string): T {
    const found = this.find(key)
    if (found === undefined) throw new PowerbusError('OBJECT_UNKNOWN', `${this.kind} ${key} does not exist`)
    return found
  }

  /** Throws OBJECT_CONFLICT where the key or the name is taken. */
  async create(value: unknown, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#make(value, principal, (present) => {
      throw this.#taken(this.keyOf(present))
    })
  }

  /** Creates an object as the endpoint; returns the present one where the key is taken. Throws OBJECT_CONFLICT. */
  async ensure(value: unknown): Promise<T> {
    return await this.#make(value, ENDPOINT_PRINCIPAL, (present) => present)
  }

  /**
   * Stores what `change` returns for the present object. Where that is equal, nothing is written and no event
   * published. Throws OBJECT_UNKNOWN, OBJECT_CONFLICT and REQUEST_INVALID.
   */
  async update(key: string, change: (present: T) => unknown, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#alone(async (writer) => {
      const present = this.get(key)
      const next = this.#accept(change(present), present)
      if (this.keyOf(next) !== this.keyOf(present)) {
        throw new PowerbusError('REQUEST_INVALID', `${this.keyField} of ${this.kind} ${key} cannot change`)
      }
      if (isDeepStrictEqual(next, present)) return present
      await this.#write(writer, next, principal, present)
      return next
    })
  }

  /** Returns the deleted object. Throws OBJECT_UNKNOWN, and what `check` throws. */
  async remove(key: string, principal: string, check: (present: T) => void = () => undefined): Promise<T> {
    return await this.#alone(async (writer) => {
      const present = this.get(key)
      check(present)
      const change = this.#change('delete', present, present, principal)
      await writer.delete(this.#storeKey(change.key), change)
      this.#replace(change.key, undefined)
      this.#options.onChange(change)
      return present
    })
  }

  keyOf(object: T): string {
    return textField(object, this.keyField)
  }

  #accept(value: unknown, present: T | undefined): T {
    const object = this.#options.decode(value)
    const name = textField(object, 'Name')
    if (!NAME.test(name) || Buffer.byteLength(name) > NAME_BYTES_MAX) {
      const rule = `at most ${NAME_BYTES_MAX} bytes: letters, digits, blanks, . - _, beginning with a letter or digit`
      throw new PowerbusError('REQUEST_INVALID', `Name '${name.slice(0, 40)}' of ${this.kind} must have ${rule}`)
    }
    return this.#options.accept(object, present)
  }

  #change(action: ChangeAction, object: T, original: T | undefined, principal: string): Change {
    const about = { id: randomUUID(), time: new Date().toISOString(), kind: this.kind, key: this.keyOf(object) }
    return { ...about, action, object, original, principal }
  }

  async #alone<R>(work: (writer: Writer) => Promise<R>): Promise<R> {
    return await this.#slot.run(async () => await stored(this.#options.sharing.alone(work)))
  }

  async #make(value: unknown, principal: string, onTaken: (present: T) => T): Promise<T> {
    return await this.#alone(async (writer) => {
      const object = this.#accept(value, undefined)
      const present = this.#objects.get(this.keyOf(object))
      if (present !== undefined) return onTaken(present)
      await this.#write(writer, object, principal)
      return object
    })
  }

  async #write(writer: Writer, object: T, principal: string, original?: T): Promise<void> {
    const owner = this.#keysByName.get(textField(object, 'Name'))
    if (owner !== undefined && owner !== this.keyOf(object)) throw this.#taken(textField(object, 'Name'))
    const changed = principal === ENDPOINT_PRINCIPAL ? 'save' : 'update'
    const change = this.#change(original ? changed : 'create', object, original, principal)
    await writer.set(this.#storeKey(change.key), object as Json, change)
    this.#replace(change.key, object)
    this.#options.onChange(change)
  }

  #replace(key: string, object: T | undefined): void {
    const previous = this.#objects.get(key)
    const name = previous && textField(previous, 'Name')
    // Another object may have taken over the name; its entry stays.
    if (name !== undefined && this.#keysByName.get(name) === key) this.#keysByName.delete(name)
    if (object === undefined) this.#objects.delete(key)
    else {
      this.#objects.set(key, object)
      this.#keysByName.set(textField(object, 'Name'), key)
    }
  }

  #storeKey(key: string): string {
    return `${this.#options.sharing.prefix}${this.kind}/${key}`
  }

  #taken(name: string): PowerbusError {
    return new PowerbusError('OBJECT_CONFLICT', `${this.kind} ${name} exists already`)
  }
}

/** Excludes `/` and `:`, which have a meaning in the API's paths. */
const NAME = /^[\p{L}\p{N}][-\p{L}\p{N}._ ]*$/u
/** A part of an event's subject on the bus has at most 256 bytes. */
const NAME_BYTES_MAX = 255

/** Maps a failure of the store to STORE_UNAVAILABLE, and a key or value over its limits to REQUEST_INVALID. */
export async function stored<R>(work: Promise<R>): Promise<R> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    if (cause.code === 'STORE_INPUT') {
      throw new PowerbusError('REQUEST_INVALID', cause.message, { cause })
    }
    throw new PowerbusError(
      'STORE_UNAVAILABLE',
      'the store failed: check its disk space and whether it runs, then try again',
      { cause },
    )
  }
}

export function textField(object: JsonObject, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

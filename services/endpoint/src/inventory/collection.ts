import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Json, type Store, StoreError } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import { type Change, type ChangeAction, type ChangeListener, ENDPOINT_PRINCIPAL } from './change.ts'
import type { Sharing, Writer } from './sharing.ts'

export interface CollectionOptions<T extends JsonObject> {
  /** Kind of object as the API names it: `machines`. */
  readonly kind: string
  /** The field that never changes and is the key: `Uuid` or `Name`. */
  readonly keyField: string
  readonly store: Store
  readonly sharing: Sharing
  /** Throws a DecodeError that names the field. */
  readonly decode: (value: unknown) => T
  /** Last check before an object is kept; gives it as it is to be kept. Throws a PowerbusError. */
  readonly accept: (next: T, present: T | undefined) => T
  /** Told of every change once it is durable, in their order. Must not throw. */
  readonly onChange: ChangeListener
}

/**
 * All objects of one kind: in memory for reads, in the store before a change is answered. Changes go one after the
 * other, so what one has read is still so when it writes.
 */
export class Collection<T extends JsonObject> {
  readonly kind: string
  readonly keyField: string
  readonly #options: CollectionOptions<T>
  readonly #objects = new Map<string, T>()
  readonly #keysByName = new Map<string, string>()
  /** One change at a time. */
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

  /** Takes everything from the store again. Gives the keys of what is other than it was. */
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

  /** The key of the object that a key of the store is for; undefined where it is another kind's. */
  keyIn(storeKey: string): string | undefined {
    const base = this.#storeKey('')
    return storeKey.startsWith(base) ? storeKey.slice(base.length) : undefined
  }

  /** Another endpoint has changed it; undefined where it is gone. False where that is known already. */
  apply(key: string, value: Json | undefined): boolean {
    const object = value === undefined ? undefined : this.#options.decode(value)
    if (isDeepStrictEqual(object, this.#objects.get(key))) return false
    this.#replace(key, object)
    return true
  }

  /** In order of their names. */
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

  /** Throws OBJECT_CONFLICT where key or name are taken. */
  async create(value: unknown, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#alone(async (writer) => {
      const object = this.#accept(value, undefined)
      if (this.#objects.has(this.keyOf(object))) throw this.#taken(this.keyOf(object))
      await this.#write(writer, 'create', object, undefined, principal)
      return object
    })
  }

  /** As `create`, by the endpoint itself; gives the one that is there already. */
  async ensure(value: unknown): Promise<T> {
    return await this.#alone(async (writer) => {
      const object = this.#accept(value, undefined)
      const present = this.#objects.get(this.keyOf(object))
      if (present !== undefined) return present
      await this.#write(writer, 'create', object, undefined, ENDPOINT_PRINCIPAL)
      return object
    })
  }

  /**
   * What `change` makes of the object as it is now is kept; where that is the same, nothing is written and nobody is told.
   * Throws OBJECT_UNKNOWN, OBJECT_CONFLICT.
   */
  async update(key: string, change: (present: T) => unknown, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#alone(async (writer) => {
      const present = this.get(key)
      const next = this.#accept(change(present), present)
      if (this.keyOf(next) !== this.keyOf(present)) {
        throw new PowerbusError('REQUEST_INVALID', `${this.keyField} of ${this.kind} ${key} cannot change`)
      }
      if (isDeepStrictEqual(next, present)) return present
      await this.#write(writer, principal === ENDPOINT_PRINCIPAL ? 'save' : 'update', next, present, principal)
      return next
    })
  }

  /** Gives the deleted object. Throws OBJECT_UNKNOWN, and whatever `check` throws. */
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
      const rule = `letters, digits, blanks, dots, dashes and underscores, beginning with a letter or digit, ${NAME_BYTES_MAX} bytes at most`
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

  async #write(
    writer: Writer,
    action: ChangeAction,
    object: T,
    original: T | undefined,
    principal: string,
  ): Promise<void> {
    const owner = this.#keysByName.get(textField(object, 'Name'))
    if (owner !== undefined && owner !== this.keyOf(object)) throw this.#taken(textField(object, 'Name'))
    const change = this.#change(action, object, original, principal)
    await writer.set(this.#storeKey(change.key), object as Json, change)
    this.#replace(change.key, object)
    this.#options.onChange(change)
  }

  #replace(key: string, object: T | undefined): void {
    const previous = this.#objects.get(key)
    const name = previous && textField(previous, 'Name')
    // Names may have been given from one object to another: only this one's own entry goes.
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

/** No `/` and no `:`, which mean something in the API's paths. */
const NAME = /^[\p{L}\p{N}][-\p{L}\p{N}._ ]*$/u
/** A part of an event's subject on the bus holds no more than 256. */
const NAME_BYTES_MAX = 255

/** Every failure of the store is one the client may try again; a key or value over its limits is not. */
export async function stored<R>(work: Promise<R>): Promise<R> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    if (cause.code === 'STORE_INPUT') {
      throw new PowerbusError('REQUEST_INVALID', cause.message, { cause })
    }
    throw new PowerbusError('STORE_UNAVAILABLE', 'the store does not work: is its disk full, or is it down?', { cause })
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

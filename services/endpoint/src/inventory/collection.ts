import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Json, type Store, StoreError } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import { type Change, type ChangeAction, type ChangeListener, ENDPOINT_PRINCIPAL, type Kind } from './change.ts'
import { type BatchEnd, ChangeBatch } from './change-batch.ts'
import { ObjectIndex } from './object-index.ts'
import { checkObject } from './object-limits.ts'
import type { Sharing, Writer } from './sharing.ts'
import type { StoredObject } from './stored-object.ts'

interface NewObject {
  readonly value: JsonObject
  readonly principal: string
}

export interface CollectionOptions<T extends StoredObject> {
  readonly kind: Kind
  /** Field that is the key and never changes: `Uuid` or `Name`. */
  readonly keyField: string
  readonly store: Store
  readonly sharing: Sharing
  /** Completes the value of a new object. Throws REQUEST_INVALID. */
  complete?(value: JsonObject): JsonObject
  /** Throws a DecodeError that names the field. */
  decode(value: unknown): T
  /** Checks an object and returns it as it is stored. Throws a PowerbusError. */
  accept(next: T, present: T | undefined): T
  /** Throws OBJECT_CONFLICT for an object that must stay. */
  checkRemoval?(present: T): void
  /** Called for every change in order, once it is durable. Must not throw. */
  readonly onChange: ChangeListener
}

/**
 * All objects of one kind. Reads are served from memory; a change is in the store before it is answered. Changes run
 * one at a time, so that what a change has read still holds when it writes; new objects, which read nothing but that
 * their key and name are free, are written in batches.
 */
export class Collection<T extends StoredObject> {
  readonly kind: Kind
  readonly keyField: string
  /** For lists. */
  readonly index: ObjectIndex<T>
  readonly #options: CollectionOptions<T>
  readonly #objects = new Map<string, T>()
  readonly #keysByName = new Map<string, string>()
  readonly #slot = new Slots(1)
  /** Keys and names of what is being written. */
  readonly #claims = new Map<string, Promise<void>>()
  readonly #creating = new ChangeBatch<NewObject, T>((values) => this.#createAll(values))

  /** It is empty until `reload` is called. */
  constructor(options: CollectionOptions<T>) {
    this.kind = options.kind
    this.keyField = options.keyField
    this.#options = options
    this.index = new ObjectIndex((object) => this.keyOf(object))
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

  /**
   * Takes over another endpoint's change; `value` is undefined for a removal. Returns the object's key; undefined for
   * another kind's object, and for a change that is known already.
   */
  apply(storeKey: string, value: Json | undefined): string | undefined {
    const base = this.#storeKey('')
    if (!storeKey.startsWith(base)) return undefined
    const key = storeKey.slice(base.length)
    const object = value === undefined ? undefined : this.#options.decode(value)
    if (isDeepStrictEqual(object, this.#objects.get(key))) return undefined
    this.#replace(key, object)
    return key
  }

  /** All objects, sorted by name. */
  list(): T[] {
    return this.index.byName.slice(0, this.#objects.size)
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

  /** Throws OBJECT_CONFLICT where the key or the name is taken, and REQUEST_INVALID. */
  create(value: JsonObject, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return this.#creating.add({ value, principal })
  }

  /** Writes new objects side by side where the store can. */
  #createAll(values: readonly NewObject[]): Promise<BatchEnd<T>[]> {
    return this.#alone(async (writer) => {
      const ends: Promise<T>[] = []
      for (const { value, principal } of values) {
        const put = async () => this.#put(writer, this.#complete(value), principal, undefined)
        const end = stored(put())
        ends.push(end)
        if (!writer.isConcurrent) await Promise.allSettled([end])
      }
      return await Promise.allSettled(ends)
    })
  }

  /** Makes an object as the endpoint, or sets the given fields, params and metadata of the one with that name. */
  async merge(value: JsonObject): Promise<T> {
    return await this.#alone(async (writer) => {
      const present = this.find(`Name:${value.Name}`)
      if (present === undefined) return await this.#put(writer, this.#complete(value), ENDPOINT_PRINCIPAL, undefined)
      const inner = (name: string) => ({ [name]: { ...Object(present[name]), ...Object(value[name]) } })
      const next = { ...present, ...value, ...inner('Params'), ...inner('Meta') }
      return await this.#put(writer, next, ENDPOINT_PRINCIPAL, present)
    })
  }

  /**
   * Stores what `change` returns for the present object. Where that is equal, nothing is written and no event
   * published. Throws OBJECT_UNKNOWN, OBJECT_CONFLICT and REQUEST_INVALID.
   */
  async update(key: string, change: (present: T) => unknown, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#alone(async (writer) => {
      const present = this.get(key)
      return await this.#put(writer, change(present), principal, present)
    })
  }

  /** Returns the deleted object. Throws OBJECT_UNKNOWN and OBJECT_CONFLICT. */
  async remove(key: string, principal: string): Promise<T> {
    return await this.#alone(async (writer) => {
      const present = this.get(key)
      this.#options.checkRemoval?.(present)
      const change = this.#change('delete', present, present, principal)
      await writer.delete(this.#storeKey(change.key), change)
      this.#replace(change.key, undefined)
      this.#options.onChange(change)
      return present
    })
  }

  keyOf(object: StoredObject): string {
    return textField(object, this.keyField)
  }

  #complete(value: JsonObject): JsonObject {
    return this.#options.complete?.(value) ?? value
  }

  #accept(value: unknown, present: T | undefined): T {
    const object = this.#options.decode(value)
    const name = object.Name
    if (!NAME.test(name) || Buffer.byteLength(name) > NAME_BYTES_MAX) {
      const rule = `at most ${NAME_BYTES_MAX} bytes: letters, digits, blanks, . - _, beginning with a letter or digit`
      throw new PowerbusError('REQUEST_INVALID', `Name '${name.slice(0, 40)}' of ${this.kind} must have ${rule}`)
    }
    const accepted = this.#options.accept(object, present)
    checkObject(this.kind, accepted)
    return accepted
  }

  #change(action: ChangeAction, object: T, original: T | undefined, principal: string): Change {
    const about = { id: randomUUID(), time: new Date().toISOString(), kind: this.kind, key: this.keyOf(object) }
    return { ...about, action, object, original, principal }
  }

  async #alone<R>(work: (writer: Writer) => Promise<R>): Promise<R> {
    return await this.#slot.run(async () => await stored(this.#options.sharing.alone(work)))
  }

  async #put(writer: Writer, value: unknown, principal: string, present: T | undefined): Promise<T> {
    const object = this.#accept(value, present)
    const key = this.keyOf(object)
    if (present && key !== this.keyOf(present)) {
      throw new PowerbusError('REQUEST_INVALID', `${this.keyField} of ${this.kind} ${present.Name} cannot change`)
    }
    if (isDeepStrictEqual(object, present)) return object
    const claims = [`key ${key}`, `name ${object.Name}`]
    for (let other = this.#claimed(claims); other; other = this.#claimed(claims)) await Promise.allSettled([other])
    const owner = this.#keysByName.get(object.Name) ?? key
    if (owner !== key || (!present && this.#objects.has(key))) {
      const name = owner === key ? key : object.Name
      throw new PowerbusError('OBJECT_CONFLICT', `${this.kind} ${name} exists already`)
    }
    const changed = principal === ENDPOINT_PRINCIPAL ? 'save' : 'update'
    const change = this.#change(present ? changed : 'create', object, present, principal)
    const written = this.#written(writer, object, change)
    for (const claim of claims) this.#claims.set(claim, written)
    try {
      await written
    } finally {
      for (const claim of claims) this.#claims.delete(claim)
    }
    return object
  }

  /** What is being written under that key or name. */
  #claimed(claims: readonly string[]): Promise<void> | undefined {
    const claim = claims.find((name) => this.#claims.has(name))
    return claim === undefined ? undefined : this.#claims.get(claim)
  }

  async #written(writer: Writer, object: T, change: Change): Promise<void> {
    await writer.set(this.#storeKey(change.key), object as Json, change)
    this.#replace(change.key, object)
    this.#options.onChange(change)
  }

  #replace(key: string, object: T | undefined): void {
    const previous = this.#objects.get(key)
    this.index.replace(previous, object)
    // Another object may have taken over the name; its entry stays.
    if (previous && this.#keysByName.get(previous.Name) === key) this.#keysByName.delete(previous.Name)
    if (object === undefined) this.#objects.delete(key)
    else {
      this.#objects.set(key, object)
      this.#keysByName.set(object.Name, key)
    }
  }

  #storeKey(key: string): string {
    return `${this.#options.sharing.prefix}${this.kind}/${key}`
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
    throw new PowerbusError('STORE_UNAVAILABLE', `${cause.message}; mend that, then try again`, { cause })
  }
}

export function textField(object: JsonObject, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

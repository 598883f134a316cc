import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Json, Store } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import { type Change, type ChangeAction, type ChangeListener, ENDPOINT_PRINCIPAL, type Kind } from './change.ts'
import { type BatchEnd, ChangeBatch } from './change-batch.ts'
import { Claims } from './claims.ts'
import { HeldObjects, type HeldOptions } from './held-objects.ts'
import type { ObjectIndex } from './object-index.ts'
import { checkObject } from './object-limits.ts'
import { checkObjectName } from './object-name.ts'
import type { Sharing, Writer } from './sharing.ts'
import { stored } from './stored.ts'
import { nameOf, type StoredObject } from './stored-object.ts'

interface NewObject {
  readonly value: JsonObject
  readonly principal: string
}

export interface CollectionOptions<T extends StoredObject> extends HeldOptions<T> {
  readonly store: Store
  readonly sharing: Sharing
  /** Completes the value of a new object. Throws REQUEST_INVALID. */
  complete?(value: JsonObject): JsonObject
  /** Checks an object and returns it as it is stored. Throws a PowerbusError. */
  accept?(next: T, present: T | undefined): T
  /** Throws OBJECT_CONFLICT for an object that must stay. */
  checkRemoval?(present: T): void
  /** Called for every change in order, once it is durable. Must not throw. */
  readonly onChange: ChangeListener
  /** Awaited before a change is answered. Must not throw. */
  readonly settled?: () => Promise<void>
}

/** Kinds whose keys in the store begin with their own name; those of later versions are below `objects/`. */
const FIRST_KINDS: readonly Kind[] = ['machines', 'profiles', 'plugins']

/**
 * All objects of one kind. Reads are served from memory; a change is in the store before it is answered. Changes run
 * one at a time, so that what a change has read still holds when it writes; new objects, which read nothing but that
 * their key and name are free, are written in batches.
 */
export class Collection<T extends StoredObject> {
  readonly kind: Kind
  readonly keyField: string
  readonly #options: CollectionOptions<T>
  readonly #held: HeldObjects<T>
  readonly #slot = new Slots(1)
  /** Keys and names of what is being written. */
  readonly #claims = new Claims()
  readonly #creating = new ChangeBatch<NewObject, T>((values) => this.#createAll(values))

  /** It is empty until `reload` is called. */
  constructor(options: CollectionOptions<T>) {
    this.kind = options.model.prefix
    this.keyField = options.model.key
    this.#options = options
    this.#held = new HeldObjects(options)
  }

  get model() {
    return this.#options.model
  }

  /** For lists. */
  get index(): ObjectIndex<T> {
    return this.#held.index
  }

  /** Reads all objects from the store again. Returns the keys of those that differ. */
  async reload(): Promise<string[]> {
    return this.takeOver(await this.read())
  }

  /** All objects that the store has now, by key. */
  async read(): Promise<ReadonlyMap<string, T>> {
    const { store, model } = this.#options
    const found = new Map<string, T>()
    for await (const { value } of store.scan(this.#storeKey(''))) {
      const object = model.decode(value)
      found.set(this.keyOf(object), object)
    }
    return found
  }

  /** Takes over all objects that the store has. Returns the keys of those that differ. */
  takeOver(found: ReadonlyMap<string, T>): string[] {
    const keys = new Set([...this.#held.keys(), ...found.keys()])
    return [...keys].filter((key) => this.#held.setStored(key, found.get(key)))
  }

  /**
   * Takes over another endpoint's change; `value` is undefined for a removal. Returns the object's key; undefined for
   * another kind's object, and for a change that is known already.
   */
  apply(storeKey: string, value: Json | undefined): string | undefined {
    const base = this.#storeKey('')
    if (!storeKey.startsWith(base)) return undefined
    const key = storeKey.slice(base.length)
    const object = value === undefined ? undefined : this.#options.model.decode(value)
    return this.#held.setStored(key, object) ? key : undefined
  }

  /** Takes over that a bundle's object of that key came, went or changed. */
  layerChanged(key: string): void {
    this.#held.layerChanged(key)
  }

  /** Sets the fields anew that depend on other objects. */
  recheck(key: string): void {
    this.#held.recheck(key)
  }

  /** All objects, sorted by name. */
  list(): T[] {
    return this.index.byName.slice(0, this.#held.size)
  }

  /** Whether the store has an object of that key, which a bundle's may hide. */
  isStored(key: string): boolean {
    return this.#held.stored(key) !== undefined
  }

  /** `key` is the object's key, or `INDEX:VALUE` with an index that names one object: `Key`, the key's field, `Name`. */
  find(key: string): T | undefined {
    return this.#held.find(key)
  }

  /** Throws OBJECT_UNKNOWN. */
  get(key: string): T {
    const found = this.find(key)
    if (found === undefined) throw new PowerbusError('OBJECT_UNKNOWN', `${this.kind} ${key} does not exist`)
    return found
  }

  /** Throws OBJECT_CONFLICT where the key or the name is taken, and REQUEST_INVALID. */
  async create(value: JsonObject, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#settled(this.#creating.add({ value, principal }))
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
    return await this.#settled(
      this.#alone(async (writer) => {
        const present = this.find(`Name:${value.Name}`)
        if (present?.ReadOnly) throw readOnly(this.kind, present)
        if (present === undefined) return await this.#put(writer, this.#complete(value), ENDPOINT_PRINCIPAL, undefined)
        const inner = (name: string) => ({ [name]: { ...Object(present[name]), ...Object(value[name]) } })
        const next = { ...present, ...value, ...inner('Params'), ...inner('Meta') }
        return await this.#put(writer, next, ENDPOINT_PRINCIPAL, present)
      }),
    )
  }

  /**
   * Stores what `change` returns for the present object. Where that is equal, nothing is written and no event
   * published. Throws OBJECT_UNKNOWN, OBJECT_CONFLICT and REQUEST_INVALID.
   */
  async update(key: string, change: (present: T) => unknown, principal = ENDPOINT_PRINCIPAL): Promise<T> {
    return await this.#settled(
      this.#alone(async (writer) => {
        const present = this.get(key)
        if (present.ReadOnly) throw readOnly(this.kind, present)
        return await this.#put(writer, change(present), principal, present)
      }),
    )
  }

  /**
   * Returns the deleted object. Of a stored one that a bundle hides, what is stored goes and the bundle's stays. Throws
   * OBJECT_UNKNOWN and OBJECT_CONFLICT.
   */
  async remove(key: string, principal: string): Promise<T> {
    return await this.#settled(
      this.#alone(async (writer) => {
        const present = this.get(key)
        const own = this.keyOf(present)
        if (!this.isStored(own)) throw readOnly(this.kind, present)
        if (!present.ReadOnly) this.#options.checkRemoval?.(present)
        const change = this.#change('delete', present, present, principal)
        await writer.delete(this.#storeKey(own), change)
        this.#held.setStored(own, undefined)
        this.#options.onChange(change)
        return present
      }),
    )
  }

  keyOf(object: JsonObject): string {
    return this.#held.keyOf(object)
  }

  async #settled(work: Promise<T>): Promise<T> {
    const object = await work
    await this.#options.settled?.()
    return object
  }

  #complete(value: JsonObject): JsonObject {
    return this.#options.complete?.(value) ?? value
  }

  #accept(value: unknown, present: T | undefined): T {
    const { model, accept } = this.#options
    const object = model.decode(value)
    checkObjectName(this.kind, model.indexes.Name?.Unique ? nameOf(object) : this.keyOf(object))
    const accepted = this.#held.completed(accept?.(object, present) ?? object, '')
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
      const text = `${this.keyField} of ${this.kind} ${nameOf(present)} cannot change: create another object`
      throw new PowerbusError('OBJECT_INVALID', text)
    }
    if (isDeepStrictEqual(object, present)) return object
    const name = nameOf(object)
    const isNamed = this.model.indexes.Name?.Unique
    const claims = [`key ${key}`, ...(isNamed ? [`name ${name}`] : [])]
    for (let other = this.#claims.workOf(claims); other; other = this.#claims.workOf(claims)) {
      await Promise.allSettled([other])
    }
    const owner = (isNamed ? this.#held.keyOfName(name) : undefined) ?? key
    if (owner !== key || (!present && this.#held.get(key))) {
      throw new PowerbusError('OBJECT_CONFLICT', `${this.kind} ${owner === key ? key : name} exists already`)
    }
    const changed = principal === ENDPOINT_PRINCIPAL ? 'save' : 'update'
    const change = this.#change(present ? changed : 'create', object, present, principal)
    await this.#claims.during(claims, this.#written(writer, object, change))
    return object
  }

  async #written(writer: Writer, object: T, change: Change): Promise<void> {
    await writer.set(this.#storeKey(change.key), object as Json, change)
    this.#held.setStored(change.key, object)
    this.#options.onChange(change)
  }

  #storeKey(key: string): string {
    const place = FIRST_KINDS.includes(this.kind) ? '' : 'objects/'
    return `${this.#options.sharing.prefix}${place}${this.kind}/${key}`
  }
}

function readOnly(kind: Kind, object: StoredObject): PowerbusError {
  const text = `${kind} ${nameOf(object)} is read-only, since it comes from the bundle ${object.Bundle}`
  return new PowerbusError('OBJECT_CONFLICT', `${text}: change the bundle, or create an object of another name`)
}

import { isJsonObject, type JsonObject, kindOf } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { jsonText } from '@powerbus/store'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { Collection } from '../inventory/collection.ts'
import { parseView, type QueryValues, type View } from '../inventory/list-query.ts'
import { checkLock } from '../inventory/locked.ts'
import { paramsOf, type StoredObject } from '../inventory/stored-object.ts'
import { refTo } from '../openapi/route-description.ts'
import type { RouteAccess } from './access.ts'
import type { ApiParts } from './api-parts.ts'
import { type ConditionalParts, conditionalAnswer } from './conditional-answer.ts'
import { ObjectTexts } from './object-texts.ts'

/** Route of one object, or of one of its params. */
export interface KeyRoute {
  /** `*` is a param's name, with its slashes unescaped. */
  Params: { key: string; '*': string }
  Querystring: QueryValues
}

export type ObjectParts = ApiParts & ConditionalParts

/** The key of the object that a route is about. The name of a param has slashes, so its route has no place for more. */
export function keyIn({ params }: { readonly params: KeyRoute['Params'] }): string {
  return params.key || params['*']
}

/** Objects of one kind as the API shows and changes them. */
export class ObjectKind<T extends StoredObject> {
  readonly collection: Collection<T>
  /** Path of the kind's routes below the base of the API. */
  readonly path: string
  /** In the API's description. */
  readonly title: string
  readonly schema: JsonObject
  /** Of the routes of one object. */
  readonly oneObject: { readonly config: { readonly access: RouteAccess } }
  /** Of the route that answers one object. */
  readonly reading: RouteShorthandOptions
  /** Of the route that answers all. */
  readonly listRoute: RouteShorthandOptions
  /** Of the route that makes one. */
  readonly making: RouteShorthandOptions
  readonly #parts: ObjectParts
  readonly #texts = new ObjectTexts()

  constructor(parts: ObjectParts, collection: Collection<T>) {
    this.#parts = parts
    this.collection = collection
    this.path = `/${collection.kind}`
    this.title = collection.model.title
    this.schema = refTo(this.title)
    const access: RouteAccess = collection.kind === 'users' ? { role: 'admin', isForUsers: true } : {}
    this.oneObject = { config: { access: { ...access, about: collection.kind } } }
    this.making = { config: { access } }
    // Definitions tell nothing of any one object.
    this.reading = collection.kind === 'params' ? { config: { access: { about: 'none' } } } : this.oneObject
    this.listRoute = collection.kind === 'params' ? this.reading : this.making
  }

  /** Answers a read of the request's object, with its entity tag. */
  async answer(
    request: FastifyRequest<KeyRoute>,
    reply: FastifyReply,
    read: (object: T, view: View) => unknown,
  ): Promise<FastifyReply> {
    const { collection } = this
    const view = parseView(request.query)
    const key = keyIn(request)
    const own = collection.keyOf(collection.get(key))
    return await conditionalAnswer(this.#parts, request, reply, {
      read: () => read(collection.get(key), view),
      concerns: ({ Type, Key }) => (Type === collection.kind ? Key === own : view.aggregate),
    })
  }

  /**
   * JSON text of each object, as lists send it: of this moment, whatever changes before it is sent. Where the view
   * leaves nothing out, the texts are kept with the objects.
   */
  listing(objects: readonly T[], view: View): (object: T) => string {
    const effective = view.aggregate ? this.#parts.inventory.effectiveNow(objects) : undefined
    const { slim, params, decode } = view
    if (slim.size === 0 && params === undefined && !decode) {
      return effective ? this.#texts.withEffective(effective) : (object) => this.#texts.whole(object)
    }
    return (object) => jsonText(this.viewed(object, view, effective)) ?? 'null'
  }

  /** The object with what is known of it and not stored. */
  shown(object: T): T {
    return this.#parts.supervisor.shown(this.collection.kind, object)
  }

  /** The object as the view shows it. Secure params stay sealed unless the view has `decode`. */
  viewed(object: T, view: View, effective?: Effective): JsonObject {
    const isPart =
      this.collection.model.fields.Partial !== undefined && (view.slim.size > 0 || view.params !== undefined)
    const shown: JsonObject = {
      ...object,
      ...(object.Params !== undefined && { Params: this.params(object, view, effective) }),
      ...(isPart && { Partial: true }),
    }
    if (view.slim.size === 0) return shown
    return Object.fromEntries(
      Object.entries(shown).map(([name, value]) => [name, view.slim.has(name.toLowerCase()) ? slimmed(value) : value]),
    )
  }

  /** `effective`: for the effective params of an earlier moment. */
  params(object: T, view: Pick<View, 'aggregate' | 'decode' | 'params'>, effective?: Effective): JsonObject {
    const { inventory } = this.#parts
    const mixed = view.aggregate ? (effective?.all(object) ?? inventory.aggregate(object)) : paramsOf(object)
    const { params } = view
    const chosen = params ? Object.fromEntries(Object.entries(mixed).filter(([name]) => params.has(name))) : mixed
    return view.decode ? inventory.opened(chosen) : chosen
  }

  /** Makes an object, and has the plugins follow. Throws as `Collection.create`. */
  async create(value: JsonObject, principal: string): Promise<T> {
    const { alerts, userTokens } = this.#parts
    const { kind } = this.collection
    if (kind === 'alerts') return (await alerts.raise(value, principal)) as unknown as T
    const isNewUser = kind === 'users' && typeof value.Name === 'string' && !this.collection.find(value.Name)
    // A removal that failed half-way may have left a password.
    if (isNewUser) await userTokens.forget(String(value.Name))
    const object = await this.collection.create(value, principal)
    await this.follow(object)
    return object
  }

  /** Stores what `change` makes of the object, and has the plugins follow. Throws as `Collection.update` and `checkLock`. */
  async update(key: string, change: (was: T) => unknown, principal: string): Promise<T> {
    const { authority } = this.#parts
    const { kind } = this.collection
    let provider: unknown
    const noting = (was: T) => {
      provider = was.Provider
      const next = change(was)
      checkLock(this.collection.model, was, next)
      return next
    }
    const object = await this.collection.update(key, noting, principal)
    // Another program must not have the token of the one before.
    if (kind === 'plugins' && provider !== object.Provider) await authority.revokePlugin(this.collection.keyOf(object))
    await this.follow(object)
    return object
  }

  /** To be awaited after each change of an object, also one that removes it. */
  async follow(object: T): Promise<void> {
    const [kind, key] = [this.collection.kind, this.collection.keyOf(object)]
    if (kind === 'users') await this.#parts.userTokens.follow(key)
    await this.#parts.supervisor.follow(kind, key)
  }
}

/** Effective params, such as `EffectiveParams`. */
interface Effective {
  all(object: JsonObject): JsonObject
}

/** What `slim` leaves of a field: a client still decodes the field's type. */
function slimmed(value: unknown): unknown {
  if (Array.isArray(value)) return []
  return isJsonObject(value) ? {} : value
}

/** Throws REQUEST_INVALID. */
export function objectBody(body: unknown): JsonObject {
  if (isJsonObject(body)) return body
  throw new PowerbusError('REQUEST_INVALID', `the body must be a JSON object, and is ${kindOf(body)}`)
}

import { isJsonObject, type JsonObject, kindOf } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import type { Collection } from '../inventory/collection.ts'
import { parseListQuery, parseView, type QueryValues, select, type View } from '../inventory/list-query.ts'
import { Pace } from '../inventory/pace.ts'
import { selectIndexed } from '../inventory/select-indexed.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import type { ApiParts } from './api-parts.ts'
import { applyJsonPatch } from './json-patch.ts'

const NOTHING: ReadonlySet<string> = new Set()

interface KeyRoute {
  /** `*` is a param's name, with its slashes unescaped. */
  Params: { key: string; '*': string }
  Querystring: QueryValues
}

/** Routes for machines, profiles and plugins: list, create, get, replace, patch, delete, and their params. */
export function objectRoutes(api: FastifyInstance, parts: ApiParts): void {
  const { machines, profiles, plugins } = parts.inventory
  kindRoutes(api, parts, machines)
  kindRoutes(api, parts, profiles)
  kindRoutes(api, parts, plugins)
}

function kindRoutes<T extends StoredObject>(
  api: FastifyInstance,
  { authority, inventory, supervisor }: ApiParts,
  collection: Collection<T>,
): void {
  const { kind } = collection
  const path = `/${kind}`
  const shown = (object: T) => supervisor.shown(kind, object)
  const update = async (key: string, change: (was: T) => unknown, principal: string): Promise<T> => {
    let provider: unknown
    const noting = (was: T) => {
      provider = was.Provider
      return change(was)
    }
    const object = await collection.update(key, noting, principal)
    // Another program must not have the token of the one before.
    if (kind === 'plugins' && provider !== object.Provider) await authority.revokePlugin(object.Name)
    await supervisor.follow(kind, collection.keyOf(object))
    return object
  }
  /** The object as the view shows it. Secure params stay sealed unless the view has `decode`. */
  const viewed = (object: T, view: View): JsonObject => {
    const mixed = view.aggregate ? inventory.aggregate(object) : object.Params
    const chosen = Object.fromEntries(Object.entries(mixed).filter(([name]) => view.params?.has(name) ?? true))
    const Params = view.decode ? inventory.opened(chosen) : chosen
    const fields = Object.entries({ ...object, Params }).filter(([name]) => !view.slim.has(name))
    return Object.fromEntries(fields)
  }

  const one = { config: { access: { about: kind } } }
  api.get<KeyRoute>(path, async (request, reply) => {
    const query = await parseListQuery(request.query)
    const paramsOf = (object: T) => (query.view.aggregate ? inventory.aggregate(object) : object.Params)
    // What a plugin shows of itself is not stored.
    const { objects, count } = await (kind === 'plugins'
      ? select(query, collection.list().map(shown), paramsOf)
      : selectIndexed(query, collection.index, paramsOf))
    reply.header('x-drp-list-total-count', String(collection.index.byName.size))
    reply.header('x-drp-list-count', String(count))
    const texts: string[] = []
    const pace = new Pace()
    for (const object of objects) {
      await pace.step()
      texts.push(JSON.stringify(viewed(object, query.view)))
    }
    return await reply.type('application/json').send(`[${texts.join(',')}]`)
  })
  api.get<KeyRoute>(`${path}/:key`, one, async (request) => {
    return viewed(shown(collection.get(request.params.key)), parseView(request.query))
  })
  api.post(path, async (request, reply) => {
    const object = await collection.create(objectBody(request.body), request.principal)
    await supervisor.follow(kind, collection.keyOf(object))
    return await reply.code(201).send(shown(object))
  })
  api.put<KeyRoute>(`${path}/:key`, one, async (request) => {
    const value = objectBody(request.body)
    // A body need not repeat the object's key.
    const replace = (was: T) => ({ [collection.keyField]: collection.keyOf(was), ...value })
    return shown(await update(request.params.key, replace, request.principal))
  })
  api.patch<KeyRoute>(`${path}/:key`, one, async (request) => {
    const patch = (was: T) => applyJsonPatch(shown(was), request.body)
    return shown(await update(request.params.key, patch, request.principal))
  })
  api.delete<KeyRoute>(`${path}/:key`, one, async (request) => {
    const object = await collection.remove(request.params.key, request.principal)
    await supervisor.follow(kind, collection.keyOf(object))
    return object
  })

  api.get<KeyRoute>(`${path}/:key/params`, one, async (request) => {
    return viewed(collection.get(request.params.key), { ...parseView(request.query), slim: NOTHING }).Params
  })
  api.get<KeyRoute>(`${path}/:key/params/*`, one, async (request, reply) => {
    const { key, '*': name } = request.params
    const view = parseView(request.query)
    const value = viewed(collection.get(key), { ...view, slim: NOTHING, params: new Set([name]) }).Params
    return await reply.type('application/json').send(JSON.stringify(paramOf(value, name, kind, key)))
  })
  api.post<KeyRoute>(`${path}/:key/params/*`, one, async (request, reply) => {
    const { key, '*': name } = request.params
    const value = request.body
    if (value === undefined) throw new PowerbusError('PARAM_INVALID', `${name}: the body must be its value as JSON`)
    const set = (was: T) => ({ ...was, Params: { ...was.Params, [name]: value } })
    const { Params } = await update(key, set, request.principal)
    return await reply.type('application/json').send(JSON.stringify(Params[name]))
  })
  api.delete<KeyRoute>(`${path}/:key/params/*`, one, async (request, reply) => {
    const { key, '*': name } = request.params
    let removed: unknown
    const unset = (was: T) => {
      removed = paramOf(was.Params, name, kind, key)
      const { [name]: _, ...rest } = was.Params
      return { ...was, Params: rest }
    }
    await update(key, unset, request.principal)
    return await reply.type('application/json').send(JSON.stringify(removed))
  })
}

/** Throws OBJECT_UNKNOWN where the object has no such param. */
function paramOf(params: unknown, name: string, kind: string, key: string): unknown {
  if (isJsonObject(params) && Object.hasOwn(params, name)) return params[name]
  throw new PowerbusError('OBJECT_UNKNOWN', `${kind} ${key} has no param ${name}`)
}

export function objectBody(body: unknown): JsonObject {
  if (isJsonObject(body)) return body
  throw new PowerbusError('REQUEST_INVALID', `the body must be a JSON object, and is ${kindOf(body)}`)
}

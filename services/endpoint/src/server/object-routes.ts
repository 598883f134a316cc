import { isJsonObject, type JsonObject, kindOf } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { parseListQuery, parseView, type QueryValues, select } from '../inventory/list-query.ts'
import type { ApiParts } from './api-parts.ts'
import { applyJsonPatch } from './json-patch.ts'
import { machineKind, type ObjectKind, pluginKind, profileKind } from './object-kind.ts'
import { paramRoutes } from './param-routes.ts'
import { present } from './present.ts'

interface KeyRoute {
  Params: { key: string }
  Querystring: QueryValues
}

/** Routes for machines, profiles and plugins: list, create, get, replace, patch, delete, and their params. */
export function objectRoutes(api: FastifyInstance, parts: ApiParts): void {
  kindRoutes(api, parts, machineKind(parts))
  kindRoutes(api, parts, profileKind(parts))
  kindRoutes(api, parts, pluginKind(parts))
}

function kindRoutes<T extends JsonObject>(api: FastifyInstance, parts: ApiParts, kind: ObjectKind<T>): void {
  const { inventory } = parts
  const { collection } = kind
  const path = `/${collection.kind}`

  api.get<{ Querystring: QueryValues }>(path, async (request, reply) => {
    const query = parseListQuery(request.query)
    const paramsOf = (object: T) => (query.view.aggregate ? inventory.aggregate(object) : (object.Params as JsonObject))
    const all = collection.list().map(kind.shown)
    reply.header('x-drp-list-total-count', String(all.length))
    return select(query, all, paramsOf).map((object) => present(inventory, object, query.view))
  })
  api.get<KeyRoute>(`${path}/:key`, async (request) => {
    return present(inventory, kind.shown(collection.get(request.params.key)), parseView(request.query))
  })
  api.post(path, async (request, reply) => {
    const object = await kind.create(objectBody(request.body), request.principal)
    return await reply.code(201).send(kind.shown(object))
  })
  api.put<KeyRoute>(`${path}/:key`, async (request) => {
    const value = objectBody(request.body)
    // A body need not repeat the object's key.
    const replace = (was: T) => ({ [collection.keyField]: collection.keyOf(was), ...value })
    const object = await collection.update(request.params.key, replace, request.principal)
    await kind.changed(object)
    return kind.shown(object)
  })
  api.patch<KeyRoute>(`${path}/:key`, async (request) => {
    const patch = (was: T) => applyJsonPatch(kind.shown(was), request.body)
    const object = await collection.update(request.params.key, patch, request.principal)
    await kind.changed(object)
    return kind.shown(object)
  })
  api.delete<KeyRoute>(`${path}/:key`, async (request) => {
    return await kind.remove(request.params.key, request.principal)
  })
  paramRoutes(api, inventory, kind)
}

export function objectBody(body: unknown): JsonObject {
  if (isJsonObject(body)) return body
  throw new PowerbusError('REQUEST_INVALID', `the body must be a JSON object, and is ${kindOf(body)}`)
}

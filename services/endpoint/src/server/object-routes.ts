import type { FastifyInstance } from 'fastify'
import type { Collection } from '../inventory/collection.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import { applyJsonPatch } from './json-patch.ts'
import { listRoute } from './list-route.ts'
import { type KeyRoute, ObjectKind, type ObjectParts, objectBody } from './object-kind.ts'
import { paramRoutes } from './param-routes.ts'

/** Routes for machines, profiles and plugins: list, create, get, replace, patch, delete, and their params. */
export function objectRoutes(api: FastifyInstance, parts: ObjectParts): void {
  const { machines, profiles, plugins } = parts.inventory
  kindRoutes(api, parts, machines)
  kindRoutes(api, parts, profiles)
  kindRoutes(api, parts, plugins)
}

function kindRoutes<T extends StoredObject>(api: FastifyInstance, parts: ObjectParts, collection: Collection<T>): void {
  const kind = new ObjectKind(parts, collection)
  listRoute(api, parts, kind)
  oneObjectRoutes(api, kind)
  paramRoutes(api, parts, kind)
}

function oneObjectRoutes<T extends StoredObject>(api: FastifyInstance, kind: ObjectKind<T>): void {
  const { collection, oneObject } = kind
  const path = `${kind.path}/:key`
  api.get<KeyRoute>(path, oneObject, async (request, reply) => {
    return await kind.answer(request, reply, (object, view) => kind.viewed(kind.shown(object), view))
  })
  api.post(kind.path, async (request, reply) => {
    const object = await collection.create(objectBody(request.body), request.principal)
    await kind.follow(object)
    return await reply.code(201).send(kind.shown(object))
  })
  api.put<KeyRoute>(path, oneObject, async (request) => {
    const value = objectBody(request.body)
    // A body need not repeat the object's key.
    const replace = (was: T) => ({ [collection.keyField]: collection.keyOf(was), ...value })
    return kind.shown(await kind.update(request.params.key, replace, request.principal))
  })
  api.patch<KeyRoute>(path, oneObject, async (request) => {
    const patch = (was: T) => applyJsonPatch(kind.shown(was), request.body)
    return kind.shown(await kind.update(request.params.key, patch, request.principal))
  })
  api.delete<KeyRoute>(path, oneObject, async (request) => {
    const object = await collection.remove(request.params.key, request.principal)
    await kind.follow(object)
    return object
  })
}

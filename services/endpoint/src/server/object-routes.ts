import { models } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import type { Kind } from '../inventory/change.ts'
import type { Collection } from '../inventory/collection.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import { described, refTo, viewQuery } from '../openapi/route-description.ts'
import { applyJsonPatch } from './json-patch.ts'
import { listRoute } from './list-route.ts'
import { type KeyRoute, keyIn, ObjectKind, type ObjectParts, objectBody } from './object-kind.ts'
import { paramRoutes } from './param-routes.ts'

/** Kinds with routes of their own alone. */
const OTHERWISE: readonly Kind[] = ['preferences']

/** Routes for each kind of objects: list, create, get, replace, patch, delete, and the params of those that have any. */
export function objectRoutes(api: FastifyInstance, parts: ObjectParts): void {
  const { inventory } = parts
  for (const kind of inventory.kinds()) {
    // Plugins' own kinds come and go: store-object-routes has them.
    if (Object.hasOwn(models, kind) && !OTHERWISE.includes(kind)) kindRoutes(api, parts, inventory.collection(kind))
  }
}

/** The routes of one kind. */
export function kindRoutes<T extends StoredObject>(
  api: FastifyInstance,
  parts: ObjectParts,
  collection: Collection<T>,
): void {
  const kind = new ObjectKind(parts, collection)
  listRoute(api, parts, kind)
  oneObjectRoutes(api, kind)
  if (collection.model.fields.Params) paramRoutes(api, parts, kind)
}

function oneObjectRoutes<T extends StoredObject>(api: FastifyInstance, kind: ObjectKind<T>): void {
  const { collection, oneObject } = kind
  const path = `${kind.path}/${collection.kind === 'params' ? '*' : ':key'}`
  const { schema } = kind
  const one = kind.title
  const showing = { summary: `Show a ${one}`, query: viewQuery, answer: schema }
  api.get<KeyRoute>(path, described(kind.reading, showing), async (request, reply) => {
    return await kind.answer(request, reply, (object, view) => kind.viewed(kind.shown(object), view))
  })
  const creation = { summary: `Create a ${one}`, body: schema, answer: schema, status: 201 }
  api.post(kind.path, described(kind.making, creation), async (request, reply) => {
    const object = await kind.create(objectBody(request.body), request.principal)
    return await reply.code(201).send(kind.shown(object))
  })
  const replacement = { summary: `Replace a ${one}; its key stays`, body: schema, answer: schema }
  api.put<KeyRoute>(path, described(oneObject, replacement), async (request) => {
    const value = objectBody(request.body)
    if (value.Partial === true && collection.model.fields.Partial !== undefined) throw partOnly(one)
    // A body need not repeat the object's key.
    const replace = (was: T) => ({ [collection.keyField]: collection.keyOf(was), ...value })
    return kind.shown(await kind.update(keyIn(request), replace, request.principal))
  })
  const change = { summary: `Change a ${one} by a JSON Patch`, body: refTo('JsonPatch'), answer: schema }
  api.patch<KeyRoute>(path, described(oneObject, change), async (request) => {
    const patch = (was: T) => applyJsonPatch(kind.shown(was), request.body)
    return kind.shown(await kind.update(keyIn(request), patch, request.principal))
  })
  const removal = { summary: `Delete a ${one}, and answer it`, answer: schema }
  api.delete<KeyRoute>(path, described(oneObject, removal), async (request) => {
    const object = await collection.remove(keyIn(request), request.principal)
    await kind.follow(object)
    return object
  })
}

/** What `slim` or `params` left out of it would be removed. */
function partOnly(title: string): PowerbusError {
  const text = `this ${title} is a part of it (Partial is true): read it without slim and params first`
  return new PowerbusError('REQUEST_INVALID', text)
}

import { PowerbusError } from '@powerbus/plugin-sdk'
import { jsonText } from '@powerbus/store'
import type { FastifyInstance } from 'fastify'
import { paramsOf, type StoredObject } from '../inventory/stored-object.ts'
import { anyValue, described, refTo, viewQuery } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { DrpRefusal } from './drp-refusal.ts'
import { applyJsonPatch } from './json-patch.ts'
import { type KeyRoute, type ObjectKind, objectBody } from './object-kind.ts'

/**
 * The params of one object: all of them, one by one, and the public key with which a client seals a secure one. A value
 * of `{Key, Nonce, Payload}` is a sealed one.
 */
export function paramRoutes<T extends StoredObject>(api: FastifyInstance, parts: ApiParts, kind: ObjectKind<T>): void {
  const { collection, oneObject } = kind
  const path = `${kind.path}/:key/params`
  const one = kind.title
  const params = refTo('ParamValues')
  const change = async (key: string, next: (was: T) => unknown, principal: string) => {
    const object = await kind.update(key, (was) => ({ ...was, Params: next(was) }), principal)
    return paramsOf(object)
  }

  const pubkey = { summary: 'The public key (X25519, base64) to seal secure params with', answer: { type: 'string' } }
  api.get<KeyRoute>(`${kind.path}/:key/pubkey`, described(oneObject, pubkey), async (request, reply) => {
    collection.get(request.params.key)
    const key = Buffer.from(parts.inventory.definitions.publicKey).toString('base64')
    return await reply.type('application/json').send(JSON.stringify(key))
  })
  const all = { summary: `Show the params of a ${one}`, query: viewQuery, answer: params }
  api.get<KeyRoute>(path, described(oneObject, all), async (request, reply) => {
    return await kind.answer(request, reply, (object, view) => kind.params(object, view))
  })
  const replacement = { summary: `Replace all params of a ${one}`, body: params, answer: params }
  api.post<KeyRoute>(path, described(oneObject, replacement), async (request) => {
    const params = objectBody(request.body)
    return await change(request.params.key, () => params, request.principal)
  })
  const changes = { summary: `Change params of a ${one} by a JSON Patch`, body: refTo('JsonPatch'), answer: params }
  api.patch<KeyRoute>(path, described(oneObject, changes), async (request) => {
    const patched = (was: T) => objectBody(applyJsonPatch(paramsOf(was), request.body))
    return await change(request.params.key, patched, request.principal)
  })
  // A param that is not set is null: Digital Rebar's clients ask for it before they set it.
  const value = { summary: 'Show one param; null where it is not set', query: viewQuery }
  api.get<KeyRoute>(`${path}/*`, described(oneObject, value), async (request, reply) => {
    const { '*': name } = request.params
    return await kind.answer(request, reply, (object, view) => {
      const params = kind.params(object, { ...view, params: new Set([name]) })
      return Object.hasOwn(params, name) ? params[name] : null
    })
  })
  const setting = { summary: 'Set one param', body: anyValue }
  api.post<KeyRoute>(`${path}/*`, described(oneObject, setting), async (request, reply) => {
    const { key, '*': name } = request.params
    const value = request.body
    if (value === undefined) throw new PowerbusError('PARAM_INVALID', `${name}: the body must be its value as JSON`)
    const params = await change(key, (was) => ({ ...paramsOf(was), [name]: value }), request.principal)
    return await reply.type('application/json').send(jsonText(params[name]))
  })
  const removal = { summary: 'Remove one param, and answer its value' }
  api.delete<KeyRoute>(`${path}/*`, described(oneObject, removal), async (request, reply) => {
    const { key, '*': name } = request.params
    let removed: unknown
    const without = (was: T) => {
      const { [name]: value, ...rest } = paramsOf(was)
      if (!Object.hasOwn(paramsOf(was), name)) throw noParam(collection.kind, key, name)
      removed = value
      return rest
    }
    await change(key, without, request.principal)
    return await reply.type('application/json').send(jsonText(removed))
  })
}

function noParam(kind: string, key: string, name: string): DrpRefusal {
  const Messages = [`${kind} ${key} has no param ${name} of its own`]
  return new DrpRefusal(404, { Model: 'params', Key: name, Type: 'DELETE', Messages })
}

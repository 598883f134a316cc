import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import type { Inventory } from '../inventory/inventory.ts'
import { parseView, type QueryValues } from '../inventory/list-query.ts'
import type { ObjectKind } from './object-kind.ts'
import { present } from './present.ts'

interface ParamRoute {
  /** `*` is the param's name, with its slashes unescaped. */
  Params: { key: string; '*': string }
  Querystring: QueryValues
}

/** Routes for all params of an object, and for each by name. */
export function paramRoutes<T extends JsonObject>(
  api: FastifyInstance,
  inventory: Inventory,
  kind: ObjectKind<T>,
): void {
  const { collection } = kind
  const path = `/${collection.kind}/:key/params`
  const shown = (key: string, query: QueryValues): JsonObject => {
    return present(inventory, collection.get(key), parseView(query)).Params as JsonObject
  }

  api.get<ParamRoute>(path, async (request) => shown(request.params.key, request.query))

  api.get<ParamRoute>(`${path}/*`, async (request, reply) => {
    const name = request.params['*']
    const params = shown(request.params.key, { ...request.query, params: undefined })
    if (!Object.hasOwn(params, name)) throw unknown(collection.kind, request.params.key, name)
    return await reply.type('application/json').send(JSON.stringify(params[name]))
  })
  api.post<ParamRoute>(`${path}/*`, async (request, reply) => {
    const name = request.params['*']
    const value = request.body
    if (value === undefined) throw new PowerbusError('PARAM_INVALID', `${name}: the body must be its value as JSON`)
    const set = (was: T) => ({ ...was, Params: { ...(was.Params as JsonObject), [name]: value } })
    const object = await collection.update(request.params.key, set, request.principal)
    await kind.changed(object)
    const stored = (object.Params as JsonObject)[name]
    return await reply.type('application/json').send(JSON.stringify(stored))
  })
  api.delete<ParamRoute>(`${path}/*`, async (request, reply) => {
    const name = request.params['*']
    let removed: unknown
    const unset = (was: T) => {
      const { [name]: value, ...rest } = was.Params as JsonObject
      if (value === undefined) throw unknown(collection.kind, request.params.key, name)
      removed = value
      return { ...was, Params: rest }
    }
    const object = await collection.update(request.params.key, unset, request.principal)
    await kind.changed(object)
    return await reply.type('application/json').send(JSON.stringify(removed))
  })
}

function unknown(kind: string, key: string, name: string): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `${kind} ${key} has no param ${name}`)
}

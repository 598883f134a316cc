import type { AddressInfo } from 'node:net'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { checkedEvent } from '../events/checked-event.ts'
import { RECENT_EVENTS_MAX } from '../events/recent-events.ts'
import { parseListQuery, type QueryValues, select } from '../inventory/list-query.ts'
import type { ApiParts } from './api-parts.ts'

const RECENT_DEFAULT = 20

/** Routes for info, plugin_providers, params and events. */
export function definitionRoutes(api: FastifyInstance, parts: ApiParts): void {
  api.get('/info', async () => ({
    version: parts.version,
    features: ['secure-param-upgrade', 'secure-params'],
    api_port: (api.server.address() as AddressInfo | null)?.port ?? 0,
  }))

  api.get<{ Querystring: QueryValues }>('/plugin_providers', async (request) => {
    return select(parseListQuery(request.query), parts.supervisor.providers(), () => ({}))
  })
  api.get<{ Params: { key: string } }>('/plugin_providers/:key', async (request) => {
    const found = parts.supervisor.providers().find((provider) => provider.Name === bare(request.params.key))
    if (found === undefined) throw unknown('plugin_providers', request.params.key)
    return found
  })

  api.get<{ Querystring: QueryValues }>('/params', async (request) => {
    const definitions = parts.inventory.definitions.list().map((definition) => ({ ...definition }))
    return select(parseListQuery(request.query), definitions, () => ({}))
  })
  api.get<{ Params: { '*': string } }>('/params/*', async (request) => {
    const found = parts.inventory.definitions.find(bare(request.params['*']))
    if (found === undefined) throw unknown('params', request.params['*'])
    return found
  })

  api.get('/ws', async (_request, reply) => {
    const text = 'the event stream is a WebSocket: ask for an upgrade (RFC 6455)'
    const body = { Model: 'ws', Key: '', Type: 'REQUEST_INVALID', Messages: [text], Code: 426 }
    return await reply.code(426).header('upgrade', 'websocket').send(body)
  })
  api.get<{ Querystring: { limit?: string } }>('/events', async (request) => {
    const limit = Number(request.query.limit ?? RECENT_DEFAULT)
    if (!Number.isInteger(limit) || limit < 1 || limit > RECENT_EVENTS_MAX) {
      throw new PowerbusError('REQUEST_INVALID', `limit must be a number of events from 1 to ${RECENT_EVENTS_MAX}`)
    }
    return parts.recentEvents.last(limit)
  })
  api.post('/events', async (request, reply) => {
    const event = checkedEvent(request.body)
    parts.events.publish({ ...event, Principal: request.principal })
    return await reply.code(204).send()
  })
}

/** `Name:NAME` and `NAME` mean the same. */
function bare(key: string): string {
  return key.startsWith('Name:') ? key.slice('Name:'.length) : key
}

function unknown(kind: string, key: string): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `${kind} ${key} does not exist`)
}

import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { checkedEvent } from '../events/checked-event.ts'
import { RECENT_EVENTS_MAX } from '../events/recent-events.ts'
import { described, listOf, refTo } from '../openapi/route-description.ts'
import { maySee } from './access.ts'
import { callerOf } from './admission.ts'
import type { ApiParts } from './api-parts.ts'

const RECENT_DEFAULT = 20

/** Routes for events. */
export function definitionRoutes(api: FastifyInstance, parts: ApiParts): void {
  const general = { config: { access: { about: 'none' } } } as const
  const stream = described(general, { summary: 'The event stream, a WebSocket: register TYPE.ACTION.KEY' })
  api.get('/ws', stream, async (_request, reply) => {
    const text = 'the event stream is a WebSocket: ask for an upgrade (RFC 6455)'
    const body = { Model: 'ws', Key: '', Type: 'REQUEST_INVALID', Messages: [text], Code: 426 }
    return await reply.code(426).header('upgrade', 'websocket').send(body)
  })
  const recent = described(general, {
    summary: 'Show the last events, oldest first',
    query: { limit: `1 to ${RECENT_EVENTS_MAX}` },
    answer: listOf(refTo('Event')),
  })
  api.get<{ Querystring: { limit?: string } }>('/events', recent, async (request) => {
    const limit = Number(request.query.limit ?? RECENT_DEFAULT)
    if (!Number.isInteger(limit) || limit < 1 || limit > RECENT_EVENTS_MAX) {
      throw new PowerbusError('REQUEST_INVALID', `limit must be a number of events from 1 to ${RECENT_EVENTS_MAX}`)
    }
    const caller = callerOf(request)
    return parts.recentEvents.last(limit, (event) => maySee(caller, event))
  })
  const posting = described({}, { summary: 'Publish an event', body: refTo('Event'), answer: 'nothing', status: 204 })
  api.post('/events', posting, async (request, reply) => {
    const event = checkedEvent(request.body)
    parts.events.publish({ ...event, Principal: request.principal })
    return await reply.code(204).type('application/json').send()
  })
}

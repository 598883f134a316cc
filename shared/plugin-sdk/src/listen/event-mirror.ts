import { createHash } from 'node:crypto'
import type { BusEvent } from '@powerbus/bus'
import { type DrpEvent, EventStream } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import type { EventReporter } from '../events/event-reporter.ts'
import type { Logger } from '../log.ts'

/** Lines of logs are many and nobody's news; acknowledgements belong to one stream. */
const NOT_MIRRORED = new Set(['log', 'websocket'])
/** What the bus takes of each part of a subject. */
const PART_BYTES_MAX = 256

/**
 * Puts the events of a DRP endpoint on the bus. Every plugin of that endpoint may do it at once: an event's id follows from
 * what is in it, and the bus makes those of one id one. An event that has an Id already comes from an endpoint that puts its events
 * on the bus itself, or from the bus, and is left alone. Losing the stream loses what happens meanwhile, which DRP does not keep.
 */
export function mirrorEvents(endpoint: Endpoint, outbox: EventReporter, log: Logger): EventStream {
  return new EventStream({
    endpoint: endpoint.apiUrl,
    token: endpoint.token.reveal(),
    patterns: ['*.*.*'],
    onEvent: (event) => {
      const mirrored = mirroredEvent(event)
      if (mirrored) outbox.publish(mirrored)
    },
    // A log line is an event of its own: at another level each of them would bring one more.
    onProblem: ({ message }) => log.debug('the event stream ended and is opened again', { reason: message }),
  })
}

/** The event as the bus has it; undefined for one that is not mirrored. */
export function mirroredEvent(event: DrpEvent): BusEvent | undefined {
  const { Id, Time, Type, Action, Key, Principal, Object: object, Original } = event
  const isSayable = [Type, Action, Key].every((part) => Buffer.byteLength(part) <= PART_BYTES_MAX)
  if (Id !== undefined || NOT_MIRRORED.has(Type) || !isSayable) return undefined
  const content = { Time, Type, Action, Key, Principal, Object: object ?? null, Original: Original ?? null }
  const hash = createHash('sha256').update(JSON.stringify(content, inOrder)).digest('hex')
  return { id: `drp-${hash.slice(0, 48)}`, ...content }
}

/** Names in their order: an endpoint may write an object's fields in any. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

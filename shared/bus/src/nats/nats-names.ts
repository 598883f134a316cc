import { PREFIX } from '../subject.ts'

/** Streams, and headers beside NATS' own. */
export const EVENTS_STREAM = 'POWERBUS_EVENTS'
export const DEAD_STREAM = 'POWERBUS_DEAD'
export const EVENTS = `${PREFIX}.event`
export const DEAD = `${PREFIX}.dead`
export const PRESENCE = `${PREFIX}.presence`
/** Where JetStream's API is, and where it is for an account that has none of its own and imports that of the bus's account. */
export const API_PREFIXES = ['$JS.API', `${PREFIX}.js`] as const
/** Whoever hears it says at once that it is there. */
export const WHO = `${PREFIX}.who`

/** NATS' own: what the stream knows repeats by. */
export const MESSAGE_ID = 'Nats-Msg-Id'
export const REQUEST_ID = 'X-Request-Id'
/** The only durable name an event is for: a dead letter that is tried again. */
export const ONLY = 'Powerbus-Only'
/** Set to 1 on an event that was acknowledged before: whoever watches has seen it. */
export const AGAIN = 'Powerbus-Again'
/** Milliseconds that the caller waits from the time it sends. */
export const TIMEOUT_MS = 'Powerbus-Timeout-Ms'
/** Set to 1 where the bus refused before a handler was asked. */
export const OVERLOADED = 'Powerbus-Overloaded'
export const ERROR_CODE = 'Nats-Service-Error-Code'
export const ERROR = 'Nats-Service-Error'

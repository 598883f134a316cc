export type {
  Announcement,
  Bus,
  BusRequest,
  DeadLetter,
  Delivery,
  Presence,
  PresenceChange,
  PublishOptions,
  Served,
  Stoppable,
  SubscribeOptions,
  Subscription,
  Watch,
} from './bus.ts'
export { BusError, type BusErrorCode, Refusal } from './bus-error.ts'
export type { BusEvent } from './bus-event.ts'
export type { BusFigures } from './bus-figures.ts'
export { type BusOptions, busOptionsFromEnvironment, connectBus } from './connect-bus.ts'
export { type EventPattern, everyEvent, matches } from './event-pattern.ts'
export { consumerNameOf } from './nats/durable-note.ts'
export { type TraceContext, traceContextOf } from './requests/trace-context.ts'
export { escapePart, partsOf, subjectOf, unescapePart } from './subject.ts'

import { randomBytes } from 'node:crypto'
import type { JsonObject } from './json-value.ts'
import { dateText, type ServiceClock } from './service-clock.ts'
import type { ServiceEvent } from './service-event.ts'

/** One event as subscribers get it. */
export interface EventMessage {
  readonly id: string
  readonly body: JsonObject
}

export interface Subscription {
  readonly id: string
  /** Absent for one that came with an event stream. */
  readonly destination?: string
  context: string
  readonly isStream: boolean
  readonly registryPrefixes: readonly string[]
  readonly resourceTypes: readonly string[]
  readonly verifyCertificate: boolean
  readonly headers: readonly JsonObject[]
  /** Sends one event; must not throw. */
  readonly send: (event: EventMessage, subscription: Subscription) => void
  /** Ends the stream that the subscription belongs to. */
  readonly end?: () => void
}

/** Who gets the events of the service. */
export class Subscriptions {
  readonly #clock: ServiceClock
  readonly #subscriptions = new Map<string, Subscription>()
  #nextEvent = 1

  constructor(clock: ServiceClock) {
    this.#clock = clock
  }

  all(): Subscription[] {
    return [...this.#subscriptions.values()]
  }

  get(id: string): Subscription | undefined {
    return this.#subscriptions.get(id)
  }

  add(subscription: Omit<Subscription, 'id'>): Subscription {
    const made = { ...subscription, id: randomBytes(6).toString('hex') }
    this.#subscriptions.set(made.id, made)
    return made
  }

  remove(id: string): void {
    const subscription = this.#subscriptions.get(id)
    this.#subscriptions.delete(id)
    subscription?.end?.()
  }

  publish(event: ServiceEvent): void {
    if (this.#subscriptions.size === 0) return
    const id = String(this.#nextEvent++)
    const created = dateText(this.#clock)
    for (const subscription of this.all()) {
      const prefixes = subscription.registryPrefixes
      if (prefixes.length > 0 && !prefixes.includes(event.messageId.split('.')[0] ?? '')) continue
      subscription.send({ id, body: eventBody(event, id, created, subscription.context) }, subscription)
    }
  }

  close(): void {
    for (const { id } of this.all()) this.remove(id)
  }
}

/** An Event with one record. DSP0268, Event. */
function eventBody(event: ServiceEvent, id: string, created: string, context: string): JsonObject {
  return {
    '@odata.type': '#Event.v1_12_0.Event',
    Id: id,
    Name: 'Event',
    Context: context,
    Events: [
      {
        MemberId: '0',
        EventId: id,
        EventType: 'Event',
        EventTimestamp: created,
        Severity: event.severity,
        MessageSeverity: event.severity,
        Message: event.message,
        MessageId: event.messageId,
        MessageArgs: [...event.args],
        OriginOfCondition: { '@odata.id': event.origin },
      },
    ],
  }
}

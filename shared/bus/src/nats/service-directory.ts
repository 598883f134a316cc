import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import type { RequestQueue } from '../requests/request-queue.ts'
import { hasInbox } from './foreign-messages.ts'

export interface ServiceEndpoint {
  /** Letters, digits, `-` and `_`. */
  readonly name: string
  /** As subscribed, wildcards and all. */
  readonly subject: string
  readonly group: string
  readonly queue: RequestQueue
}

export interface ServiceIdentity {
  readonly name: string
  /** Unique for each connection. */
  readonly id: string
  /** As in SemVer. */
  readonly version: string
  readonly description: string
}

const TYPE = 'io.nats.micro.v1'

/**
 * Answers PING, INFO and STATS of the NATS services protocol (its architecture decision 32), each for all services, those
 * of our name, and this one alone: the usual tools list what is served here.
 */
export class ServiceDirectory {
  readonly #connection: NatsConnection
  readonly #identity: ServiceIdentity
  readonly #started = new Date().toISOString()
  readonly #endpoints = new Set<ServiceEndpoint>()
  readonly #onNotice: (message: string) => void
  readonly #answers = { PING: () => ({}), INFO: () => this.#info(), STATS: () => this.#stats() }
  #subscriptions: Subscription[] = []

  constructor(connection: NatsConnection, identity: ServiceIdentity, onNotice: (message: string) => void) {
    this.#connection = connection
    this.#identity = { ...identity, name: identity.name.replace(/[^A-Za-z0-9_-]/g, '_') || 'powerbus' }
    this.#onNotice = onNotice
  }

  get endpoints(): ReadonlySet<ServiceEndpoint> {
    return this.#endpoints
  }

  /** Seen from the first endpoint on. */
  add(endpoint: ServiceEndpoint): void {
    this.#endpoints.add(endpoint)
    if (this.#subscriptions.length === 0) this.#listen()
  }

  /** Not seen after the last one. */
  remove(endpoint: ServiceEndpoint): void {
    this.#endpoints.delete(endpoint)
    if (this.#endpoints.size > 0) return
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#subscriptions = []
  }

  #listen(): void {
    const { name, id } = this.#identity
    for (const [verb, answer] of Object.entries(this.#answers)) {
      const callback = (error: Error | null, message: Msg) => {
        if (error) this.#onNotice(`${verb} of the services protocol: ${error.message}`)
        else if (hasInbox(message)) message.respond(JSON.stringify({ ...this.#head(verb), ...answer() }))
      }
      for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${id}`]) {
        this.#subscriptions.push(this.#connection.subscribe(subject, { callback }))
      }
    }
  }

  #head(verb: string) {
    const { name, id, version } = this.#identity
    return { type: `${TYPE}.${verb.toLowerCase()}_response`, name, id, version, metadata: {} }
  }

  #info() {
    const endpoints = [...this.#endpoints].map(({ name, subject, group }) => {
      return { name, subject, queue_group: group, metadata: {} }
    })
    return { description: this.#identity.description, endpoints }
  }

  #stats() {
    const endpoints = [...this.#endpoints].map(({ name, subject, group, queue }) => {
      const { requests, errors, workedNs, lastError, running, waiting } = queue.statistics
      return {
        name,
        subject,
        queue_group: group,
        num_requests: requests,
        num_errors: errors,
        last_error: lastError,
        processing_time: workedNs,
        average_processing_time: requests === 0 ? 0 : Math.round(workedNs / requests),
        data: { running, waiting },
      }
    })
    return { started: this.#started, endpoints }
  }
}

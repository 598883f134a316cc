import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { BusError } from '../bus-error.ts'

/** How long the server keeps a request that it has nothing for. */
const PULL_MS = 5000
/** A server that has said nothing for so long beyond that is not there. */
const GRACE_MS = 5000
const NS_PER_MS = 1_000_000
/** Messages in one request. */
const BATCH_MAX = 256
/** Statuses that end a request with nothing wrong: no message, time is over. */
const NO_MESSAGES = 404
const PULL_OVER = 408

interface PullAddress {
  /** Where the consumer is asked. */
  readonly subject: string
  readonly inbox: string
}

export interface PullHandlers {
  readonly onMessage: (message: Msg) => void
  /** A request is over: there may be room to ask for more. */
  readonly onOver: () => void
  readonly onFailure: (error: BusError) => void
}

/**
 * Asks a pull consumer for messages, on an inbox of its own. The client's own `consume` forgets what the server has sent when
 * it is stopped, and those events are stuck until their time to acknowledge is over; this one hands on every message.
 */
export class PullSource {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #handlers: PullHandlers
  readonly #silence: NodeJS.Timeout
  #asked = 0
  #heardMs = 0

  constructor(connection: NatsConnection, { subject, inbox }: PullAddress, handlers: PullHandlers) {
    this.#connection = connection
    this.#inbox = inbox
    this.#subject = subject
    this.#handlers = handlers
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) handlers.onFailure(new BusError('UNAVAILABLE', error.message, { cause: error }))
        else this.#take(message)
      },
    })
    this.#silence = setInterval(() => this.#listen(), PULL_MS).unref()
  }

  /** Messages that were asked for and may still come. */
  get asked(): number {
    return this.#asked
  }

  /** Asks for up to so many, beside those asked for before; 256 at most. */
  ask(count: number): void {
    const batch = Math.min(count, BATCH_MAX)
    this.#asked += batch
    this.#heardMs = performance.now()
    const request = JSON.stringify({ batch, expires: PULL_MS * NS_PER_MS })
    this.#connection.publish(this.#subject, request, { reply: this.#inbox })
  }

  /** Takes its requests back; fulfilled when all that the server had sent by then has been handed on. */
  async drain(): Promise<void> {
    clearInterval(this.#silence)
    if (!this.#subscription.isClosed() && !this.#connection.isClosed()) await this.#subscription.drain()
    this.#asked = 0
  }

  #take(message: Msg): void {
    this.#heardMs = performance.now()
    const status = message.headers?.code ?? 0
    if (status === 0) {
      if (this.#asked > 0) this.#asked -= 1
      this.#handlers.onMessage(message)
      return
    }
    if (status !== NO_MESSAGES && status !== PULL_OVER) {
      const text = `the server ends a request for events with ${status} ${message.headers?.description}`
      this.#handlers.onFailure(new BusError('UNAVAILABLE', text))
      return
    }
    const left = Number(message.headers?.get('Nats-Pending-Messages') || this.#asked)
    this.#asked = Math.max(0, this.#asked - left)
    this.#handlers.onOver()
  }

  #listen(): void {
    if (this.#asked === 0 || performance.now() - this.#heardMs < PULL_MS + GRACE_MS) return
    this.#handlers.onFailure(new BusError('TIMEOUT', 'the server does not answer'))
  }
}

interface MessageDelivery {
  readonly deliveries: number
  /** Number in the stream. */
  readonly sequence: number
  /** Its number and time: no message of a stream that is made anew has the same. A token of a subject. */
  readonly key: string
}

/**
 * What the subject for its acknowledgement tells about a message:
 * `$JS.ACK.STREAM.CONSUMER.DELIVERIES.SEQUENCE.CONSUMER_SEQUENCE.TIME...`, longer with a domain.
 */
export function deliveryOf(message: Msg): MessageDelivery {
  const tokens = message.reply?.split('.') ?? []
  const [deliveries = 1, sequence = 0, , time = ''] = tokens.slice(tokens.length > 9 ? 6 : 4)
  return { deliveries: Number(deliveries), sequence: Number(sequence), key: `${sequence}-${time}` }
}

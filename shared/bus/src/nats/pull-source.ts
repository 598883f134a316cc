import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import { BusError } from '../bus-error.ts'
import { EVENTS_STREAM } from './nats-names.ts'

/**
 * How long the server keeps a pull that it has nothing for. Before 2.9.13 a server whose consumer has another filter since looks
 * for what only that one takes when it is asked, and not when such an event comes.
 */
const PULL_MS = 2000
/** A server that has not ended a pull so long after that is not there. */
const GRACE_MS = 5000
const NS_PER_MS = 1_000_000
/** Statuses that end a pull with nothing wrong: no message, time is over. */
const NO_MESSAGES = 404
const PULL_OVER = 408

interface Pull {
  /** Messages that it may still bring. */
  left: number
  readonly resolve: () => void
  readonly reject: (error: BusError) => void
}

/**
 * Asks a pull consumer for messages, on an inbox of its own. The client's own `fetch` forgets what the server has sent when
 * it is stopped, and those events are stuck until their time to acknowledge is over; this one hands on every message.
 */
export class PullSource {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #inbox = createInbox()
  readonly #subscription: Subscription
  readonly #onMessage: (message: Msg) => void
  #pull: Pull | undefined

  constructor(connection: NatsConnection, durable: string, onMessage: (message: Msg) => void) {
    this.#connection = connection
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.${durable}`
    this.#onMessage = onMessage
    const callback = (error: Error | null, message: Msg) => {
      if (error) this.#end(new BusError('UNAVAILABLE', error.message, { cause: error }))
      else this.#take(message)
    }
    this.#subscription = connection.subscribe(this.#inbox, { callback })
  }

  /** Fulfilled when so many have come, or when there are no more for now. One at a time. */
  async pull(count: number): Promise<void> {
    const request = JSON.stringify({ batch: count, expires: PULL_MS * NS_PER_MS })
    const silent = setTimeout(
      () => this.#end(new BusError('TIMEOUT', 'the server does not answer')),
      PULL_MS + GRACE_MS,
    )
    try {
      await new Promise<void>((resolve, reject) => {
        this.#pull = { left: count, resolve, reject }
        this.#connection.publish(this.#subject, request, { reply: this.#inbox })
      })
    } finally {
      clearTimeout(silent)
    }
  }

  /** Takes its pull back; fulfilled when all that the server had sent by then has been handed on. */
  async drain(): Promise<void> {
    if (!this.#subscription.isClosed() && !this.#connection.isClosed()) await this.#subscription.drain()
    this.#end(undefined)
  }

  #take(message: Msg): void {
    const status = message.headers?.code ?? 0
    if (status === 0) {
      this.#onMessage(message)
      if (!this.#pull) return
      this.#pull.left -= 1
      if (this.#pull.left === 0) this.#end(undefined)
    } else if (status === NO_MESSAGES || status === PULL_OVER) this.#end(undefined)
    else this.#end(new BusError('UNAVAILABLE', `the server ends a pull with ${status} ${message.headers?.description}`))
  }

  #end(error: BusError | undefined): void {
    const pull = this.#pull
    this.#pull = undefined
    if (error) pull?.reject(error)
    else pull?.resolve()
  }
}

/** What the subject for its acknowledgement tells about a message: `$JS.ACK.STREAM.CONSUMER.DELIVERIES.SEQUENCE...`, longer with a domain. */
export function deliveryOf(message: Msg): { deliveries: number; sequence: number } {
  const tokens = message.reply?.split('.') ?? []
  const first = tokens.length > 9 ? 6 : 4
  return { deliveries: Number(tokens[first] ?? 1), sequence: Number(tokens[first + 1] ?? 0) }
}

import type { JetStreamClient } from '@nats-io/jetstream'
import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import type { DeadLetter } from '../bus.ts'
import { messageOf } from '../bus-error.ts'
import type { BusEvent } from '../bus-event.ts'
import { eventSubjectOf } from '../subject.ts'
import { deadSubject } from './nats-dead-letters.ts'
import { AGAIN, MESSAGE_ID, ONLY, REQUEST_ID } from './nats-names.ts'
import { headerText } from './nats-requests.ts'
import type { Outgoing, SendFailure } from './outgoing.ts'

const BAD_REQUEST = 400

/** What JetStream answers to a message: where it is now, or why it is not. */
interface StreamAnswer {
  readonly error?: { readonly code: number; readonly description?: string }
}

/**
 * Puts events and dead letters into their streams, each under a message id that makes a repeat of it the same one. Answers to
 * events come to one inbox, under the event's number: the client's own request would make a timer and an error for each.
 */
export class StreamWriter {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #inbox = createInbox()

  constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    answered: (number: number, failure?: SendFailure) => void,
  ) {
    this.#connection = connection
    this.#client = client
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (!error) answered(Number(message.subject.slice(this.#inbox.length + 1)), failureIn(message))
      },
    })
  }

  send(number: number, { id, subject, text, requestId, only, isAgain }: Outgoing): void {
    const head = headers()
    head.set(MESSAGE_ID, encodeURIComponent(id))
    if (requestId !== undefined) head.set(REQUEST_ID, headerText(requestId))
    if (only !== undefined) head.set(ONLY, only)
    if (isAgain) head.set(AGAIN, '1')
    this.#connection.publish(subject, text, { headers: head, reply: `${this.#inbox}.${number}` })
  }

  /** A letter that is buried twice, because its acknowledgement was lost, is one letter. */
  async bury(durable: string, letter: DeadLetter, message: number): Promise<void> {
    const msgID = `${durable}:${message}`
    await this.#client.publish(deadSubject(durable), JSON.stringify(letter), { msgID })
  }
}

export function outgoingOf(event: BusEvent, text: string, requestId: string | undefined): Outgoing {
  const subject = eventSubjectOf(event)
  return requestId === undefined ? { id: event.id, subject, text } : { id: event.id, subject, text, requestId }
}

function failureIn(message: Msg): SendFailure | undefined {
  if (message.data.length === 0) return { message: 'no stream takes events', isPermanent: false }
  try {
    const { error } = message.json<StreamAnswer>()
    return error && { message: error.description ?? `${error.code}`, isPermanent: error.code === BAD_REQUEST }
  } catch (error) {
    return { message: messageOf(error), isPermanent: false }
  }
}

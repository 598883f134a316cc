import { headers, InvalidArgumentError, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { messageOf } from '../bus-error.ts'
import { AGAIN, MESSAGE_ID, ONLY, REQUEST_ID } from './nats-names.ts'
import { headerText } from './nats-requests.ts'
import type { SendFailure } from './outgoing.ts'
import type { Send } from './send-queue.ts'
import type { Together } from './together.ts'

const BAD_REQUEST = 400

/** What JetStream answers to a message: where it is now, or why it is not. */
interface StreamAnswer {
  readonly error?: { readonly code: number; readonly description?: string }
}

/**
 * Puts events into their stream, each under a message id that makes a repeat of it the same one. Answers come to one inbox, under
 * the event's number: the client's own request would make a timer and an error for each.
 */
export function streamSender(
  connection: NatsConnection,
  inbox: string,
  together: Together,
  answered: (number: number, failure?: SendFailure) => void,
): Send {
  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (!error) answered(Number(message.subject.slice(inbox.length + 1)), failureIn(message))
    },
  })
  return ({ number, id, subject, text, requestId, only, isAgain }) => {
    const head = headers()
    head.set(MESSAGE_ID, encodeURIComponent(id))
    if (requestId !== undefined) head.set(REQUEST_ID, headerText(requestId))
    if (only !== undefined) head.set(ONLY, only)
    if (isAgain) head.set(AGAIN, '1')
    together.add(() => {
      try {
        connection.publish(subject, text, { headers: head, reply: `${inbox}.${number}` })
      } catch (error) {
        // Too long for this server; all else passes.
        answered(number, { message: messageOf(error), isPermanent: error instanceof InvalidArgumentError })
      }
    })
  }
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

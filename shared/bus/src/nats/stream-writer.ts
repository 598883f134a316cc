import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream'
import { headers, PermissionViolationError } from '@nats-io/transport-node'
import type { DeadLetter } from '../bus.ts'
import { type BusEvent, encodeEvent } from '../bus-event.ts'
import { subjectOf } from '../subject.ts'
import { deadSubject } from './nats-dead-letters.ts'
import { AGAIN, ONLY, REQUEST_ID } from './nats-names.ts'
import { headerText } from './nats-requests.ts'
import type { Outgoing } from './outbox.ts'

const BAD_REQUEST = 400

/** Puts events and dead letters into their streams, each under a message id that makes a repeat of it the same one. */
export class StreamWriter {
  readonly #client: JetStreamClient

  constructor(client: JetStreamClient) {
    this.#client = client
  }

  async send({ id, subject, text, requestId, only, isAgain }: Outgoing): Promise<void> {
    const head = headers()
    if (requestId !== undefined) head.set(REQUEST_ID, headerText(requestId))
    if (only !== undefined) head.set(ONLY, only)
    if (isAgain) head.set(AGAIN, '1')
    await this.#client.publish(subject, text, { msgID: encodeURIComponent(id), headers: head })
  }

  /** A letter that is buried twice, because its acknowledgement was lost, is one letter. */
  async bury(durable: string, letter: DeadLetter, message: number): Promise<void> {
    const msgID = `${durable}:${message}`
    await this.#client.publish(deadSubject(durable), JSON.stringify(letter), { msgID })
  }
}

export function outgoingOf(event: BusEvent, requestId: string | undefined): Outgoing {
  const text = encodeEvent(event)
  const subject = subjectOf('event', event.Type, event.Action, event.Key)
  return { id: event.id, subject, text, ...(requestId !== undefined && { requestId }) }
}

/** Whether the server would refuse the same event again, however often it is sent. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === BAD_REQUEST
  return error instanceof PermissionViolationError
}

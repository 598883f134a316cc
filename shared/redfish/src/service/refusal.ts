import { type MessageKey, message, type ServiceMessage } from './service-message.ts'

/** Thrown by a resource: the request fails with this status and these messages, and has changed nothing. */
export class Refusal extends Error {
  readonly status: number
  readonly messages: readonly ServiceMessage[]
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, messages: readonly ServiceMessage[], headers: Readonly<Record<string, string>> = {}) {
    super(`${status} ${messages.map(({ MessageId }) => MessageId).join(', ')}`)
    this.name = 'Refusal'
    this.status = status
    this.messages = messages
    this.headers = headers
  }
}

/** A refusal with one message of the Base registry. */
export function refused(status: number, key: MessageKey, ...args: readonly string[]): Refusal {
  return new Refusal(status, [message(key, args)])
}

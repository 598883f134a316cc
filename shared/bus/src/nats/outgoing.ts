/** One event on its way to the stream. */
export interface Outgoing {
  readonly id: string
  readonly subject: string
  readonly text: string
  readonly requestId?: string | undefined
  /** The only durable name that it is for. */
  readonly only?: string | undefined
}

/** Why the stream did not take an event. */
export interface SendFailure {
  readonly message: string
  /** It would be refused however often it is sent. */
  readonly isPermanent: boolean
}

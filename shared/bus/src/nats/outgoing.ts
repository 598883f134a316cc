/** One event on its way to the stream. */
export interface Outgoing {
  readonly id: string
  readonly subject: string
  readonly text: string
  readonly requestId?: string
  readonly only?: string
  /** Was acknowledged before: whoever watches has seen it. */
  readonly isAgain?: boolean
}

/** Why the stream did not take an event. */
export interface SendFailure {
  readonly message: string
  /** It would be refused however often it is sent. */
  readonly isPermanent: boolean
}

/** One message of the console's side, and what answers it. Nothing in here waits or sends: whoever runs the flow does. */
export interface ConsoleStep<Answer> {
  readonly payloadType: number
  /** Payload type of the answer; undefined where none is due. */
  readonly answerType: number | undefined
  /** The payload of transmission 0, 1, ... Every transmission has its own tag, so an answer tells which one it is for. */
  message(tag: number, transmission: number): Uint8Array
  /** Reads the answer to a transmission. Throws MalformedError for what cannot be the answer: the wait then goes on. */
  read(payload: Uint8Array, transmission: number): Answer
}

export interface Answered<Answer> {
  readonly answer: Answer
  /** How often the message had been sent when the answer came. */
  readonly transmissions: number
}

/** A flow of steps: yields what to send, takes the answer, returns its result. */
export type ConsoleFlow<Result> = Generator<ConsoleStep<unknown>, Result, Answered<unknown>>

/** Sends one step and waits for its answer. */
export function* ask<Answer>(step: ConsoleStep<Answer>): ConsoleFlow<Answered<Answer>> {
  // The runner answers with what `step.read` returned: the one cast that a typed yield needs.
  return (yield step) as Answered<Answer>
}

/** Sends one step that has no answer. */
export function* tell(step: ConsoleStep<never>): ConsoleFlow<void> {
  yield step
}

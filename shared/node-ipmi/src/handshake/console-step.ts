/**
 * One message of the console, and the reader of its answer. A step does not send or wait; the runner of the flow does.
 */
export interface ConsoleStep<Answer> {
  readonly payloadType: number
  /** Payload type of the answer; undefined if the message gets no answer. */
  readonly answerType: number | undefined
  /** The payload of a transmission, numbered 0, 1, ... Each transmission has its own tag, which its answer repeats. */
  message(tag: number, transmission: number): Uint8Array
  /**
   * Reads the answer to a transmission. Throws MalformedError if the payload is not the answer; the wait then
   * continues.
   */
  read(payload: Uint8Array, transmission: number): Answer
}

export interface Answered<Answer> {
  readonly answer: Answer
  /** Number of transmissions before the answer came. */
  readonly transmissions: number
}

/**
 * A flow of steps: yields the step to send, receives its answer, returns the result. The runner resumes it with the
 * value of the step's `read`, which the type of `yield` cannot express.
 */
export type ConsoleFlow<Result> = Generator<ConsoleStep<unknown>, Result, Answered<unknown>>

const NS_PER_MS = 1_000_000

/** Answers to a message of JetStream. */
export const ACKNOWLEDGE = '+ACK'
export const WORKING = '+WPI'
export const TERMINATE = '+TERM'

/** Until then the server has heard that whoever gives it back asks for nothing any longer. */
const AFTER_STOP_MS = 100

/** It is given out again, to anybody, after so long. */
export function giveBackFor(delayMs: number = AFTER_STOP_MS): string {
  return `-NAK ${JSON.stringify({ delay: delayMs * NS_PER_MS })}`
}

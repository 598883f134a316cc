/**
 * CLOSED: after close, or while closing. UNREACHED: no server of the bus could be reached just now; the request was not
 * sent. TIMEOUT: no answer, or nothing durable, by the caller's deadline; a request may
 * have been carried out. NO_RESPONDERS: nobody serves that subject, said at once; nothing was carried out. REFUSED: the
 * server answered with an error, see `status` and `body`. ABORTED: by the caller's signal. OVERLOADED: a bounded queue
 * is full. UNAUTHORISED: the bus does not take our credentials. UNAVAILABLE: no connection, or a disk that fails.
 * INPUT: an argument outside the limits. ANSWER: the request was carried out, and its answer is not JSON or nested too
 * deeply.
 */
export type BusErrorCode =
  | 'CLOSED'
  | 'UNREACHED'
  | 'TIMEOUT'
  | 'NO_RESPONDERS'
  | 'REFUSED'
  | 'ABORTED'
  | 'OVERLOADED'
  | 'UNAUTHORISED'
  | 'UNAVAILABLE'
  | 'INPUT'
  | 'ANSWER'

export interface BusErrorOptions {
  readonly cause?: unknown
  /** Of a server's answer: 400..599. */
  readonly status?: number
  /** Of a server's answer: the Error object, or whatever it sent beside the status. */
  readonly body?: unknown
}

export class BusError extends Error {
  readonly code: BusErrorCode
  readonly status: number | undefined
  readonly body: unknown

  constructor(code: BusErrorCode, message: string, options: BusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'BusError'
    this.code = code
    this.status = options.status
    this.body = options.body
  }
}

/** What a handler of `serve` throws to answer with an error: the caller gets BusError REFUSED with these. */
export class Refusal extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, message: string, body?: unknown) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.body = body
  }
}

/** Text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The client's rim: one HTTP exchange after the other with one BMC. Tests replace it. */
export interface Wire {
  /** Resolves with the whole answer, whatever its status. @throws WireFailure */
  exchange(request: WireRequest): Promise<WireAnswer>
  /** Ends the connection. The next exchange opens another. */
  close(): void
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Do not use a connection that has been idle, since the BMC may just be closing it. */
  readonly fresh: boolean
}

export interface WireAnswer {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export type WireFailureReason =
  /** No connection: resolver, route, refused, no TCP or TLS handshake in time. */
  | 'connect'
  /** The handshake ended in a verdict on certificate, version or cipher. */
  | 'tls'
  /** The connection ended before the answer. */
  | 'lost'
  /** The connection ended in the middle of the answer, or the answer is longer or shorter than it says. */
  | 'cut'
  /** `maxBytes` exceeded. */
  | 'too-large'
  /** The answer is no HTTP. */
  | 'malformed'
  /** The request's signal. */
  | 'aborted'

export class WireFailure extends Error {
  readonly reason: WireFailureReason
  /** Whether a byte of the request may have been written. */
  readonly sent: boolean
  /** Whether the connection had carried an earlier exchange. */
  readonly reused: boolean

  constructor(reason: WireFailureReason, sent: boolean, reused: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message : reason, { cause })
    this.name = 'WireFailure'
    this.reason = reason
    this.sent = sent
    this.reused = reused
  }
}

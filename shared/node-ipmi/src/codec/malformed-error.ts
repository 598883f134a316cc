/** Reason for dropping a datagram, for counters. */
export type MalformedReason = 'malformed' | 'checksum' | 'integrity' | 'padding' | 'replayed' | 'unexpected'

/** Bytes that violate the format. The code that reads the socket catches it, drops and counts the datagram. */
export class MalformedError extends Error {
  readonly reason: MalformedReason

  constructor(message: string, reason: MalformedReason = 'malformed') {
    super(message)
    this.name = 'MalformedError'
    this.reason = reason
  }
}

/** Why a datagram was dropped, for counters. */
export type MalformedReason = 'malformed' | 'checksum' | 'integrity' | 'padding' | 'replayed' | 'unexpected'

/** Bytes that cannot be what they should be. Whoever reads a socket drops and counts them; callers never see it. */
export class MalformedError extends Error {
  readonly reason: MalformedReason

  constructor(message: string, reason: MalformedReason = 'malformed') {
    super(message)
    this.name = 'MalformedError'
    this.reason = reason
  }
}

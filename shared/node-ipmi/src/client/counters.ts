import type { MalformedReason } from '../codec/malformed-error.ts'

/**
 * Why the client dropped a datagram. `stranger`: no link waits for it. `wrong-source`: its session is known, but it
 * came from another address or port.
 */
export type DropReason = MalformedReason | 'stranger' | 'wrong-source'

/** Counts since the client was created. */
export interface ClientCounters {
  datagramsSent: number
  datagramsReceived: number
  /** Part of `datagramsSent`. */
  retransmitted: number
  /** Part of `datagramsReceived`. */
  dropped: Record<DropReason, number>
  sessionsOpened: number
  /** Runs that ended before their session was open. */
  sessionsFailed: number
  /** Refusals of suite 17 in the name of a BMC that, as it says in the session, has it. */
  downgrades: number
}

export function newCounters(): ClientCounters {
  return {
    datagramsSent: 0,
    datagramsReceived: 0,
    retransmitted: 0,
    dropped: {
      malformed: 0,
      checksum: 0,
      integrity: 0,
      padding: 0,
      replayed: 0,
      unexpected: 0,
      stranger: 0,
      'wrong-source': 0,
    },
    sessionsOpened: 0,
    sessionsFailed: 0,
    downgrades: 0,
  }
}

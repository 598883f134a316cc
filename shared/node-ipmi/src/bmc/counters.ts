import { ChassisControl, type ChassisControlName } from '../commands/chassis-control.ts'

/** Why the BMC did not answer a datagram. */
export type DropReason =
  /** Not RMCP, truncated, or with a wrong length, checksum, pad or integrity code. */
  | 'malformed'
  /** The sender has no session with that ID. */
  | 'unknownSession'
  /** A session sequence number that was seen before or is outside the window. */
  | 'sequence'
  /** A payload type, message class or responder address that this BMC does not support. */
  | 'unsupported'
  /** A handshake message for a session that is already active, or a refusal by the console. */
  | 'handshake'
  /** Outside a session, while Set Channel Access has disabled the channel. */
  | 'disabled'
  /** The BMC was restarting. */
  | 'restarting'
  /** Dropped by one of BmcFaults. */
  | 'fault'

export interface BmcCounters {
  /** Datagrams received, dropped ones included. */
  received: number
  /** Datagrams sent. */
  sent: number
  readonly dropped: Record<DropReason, number>
  /** Chassis Control commands that the chassis accepted. */
  readonly executed: Record<ChassisControlName, number>
  /** Requests answered, inside and outside sessions, with any completion code. */
  commands: number
  /** Sessions opened. */
  sessions: number
  /** Times that the chassis threw, rejected or did not answer in time. */
  chassisErrors: number
}

export function newCounters(): BmcCounters {
  const executed = Object.fromEntries(Object.keys(ChassisControl).map((verb) => [verb, 0]))
  return {
    received: 0,
    sent: 0,
    dropped: {
      malformed: 0,
      unknownSession: 0,
      sequence: 0,
      unsupported: 0,
      handshake: 0,
      disabled: 0,
      restarting: 0,
      fault: 0,
    },
    executed: executed as Record<ChassisControlName, number>,
    commands: 0,
    sessions: 0,
    chassisErrors: 0,
  }
}
